# SPDX-License-Identifier: GPL-2.0-only
"""Packets that did not open, tried again with what a mistaken sender would have used. Bounded work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.conform.subject.packets import Packets, profile_of, srtp_of
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.errors import CryptoError, DecodeError, LocalError
from perc_scapy.wire import peel_ekt

MAX_DOUBTS = 200
"""Closed packets looked into: a wrong key is as visible in the first as in the last."""
ROCS = range(4)
"""Rollover counters tried."""


@dataclass(slots=True, eq=False)
class Doubt:
    """A closed packet and what does open it."""

    m: MediaPacket
    own: bool = False
    """The right key opens it, at another rollover counter than its place has."""
    foreign_hop: str = ""
    """Another hop whose keys open it."""
    other_half: bool = False
    """The inner half of the exported keys, used as the outer one, opens it."""
    swapped: bool = False
    """The keys of the opposite direction open it."""
    no_field: bool = False
    """It opens as it is: there is no EKT field behind it."""
    with_field: bool = False
    """An RTCP packet that opens once an EKT field is taken off."""


class Doubts:
    """Made once for a capture."""

    def __init__(self, analysis: Analysis, packets: Packets) -> None:
        self._associations = analysis.associations
        self._packets = packets

    @cached_property
    def closed(self) -> list[Doubt]:
        """RTP and RTCP, each with what opened it."""
        rtcp = [m for m in self._packets.rtcp if self._packets.is_closed(m)]
        return [self._look(m) for m in (self._packets.closed[:MAX_DOUBTS] + rtcp[:MAX_DOUBTS])]

    @cached_property
    def foreign(self) -> list[tuple[MediaPacket, str]]:
        """Packets that open with the keys of another hop than theirs, and which hop that is."""
        found = [(m, _name(m.association)) for m in self._packets.strangers]
        return found + [(d.m, d.foreign_hop) for d in self.closed if d.foreign_hop]

    def _look(self, m: MediaPacket) -> Doubt:
        doubt, own = Doubt(m), m.association
        assert own is not None
        keys, packet = own.hop_keys(), srtp_of(m)
        if keys is not None:
            mine, back = (
                (keys.client, keys.server) if m.from_endpoint else (keys.server, keys.client)
            )
            if m.kind == "rtp" and own.ekt_cipher is not None:
                doubt.no_field = opens(own, "rtp", m.datagram.data, mine)
            doubt.with_field = m.kind == "rtcp" and opens_without_field(own, m, mine)
            doubt.own = not doubt.no_field and opens(own, m.kind, packet, mine)
            doubt.swapped = opens(own, m.kind, packet, back)
        full = own.exported()
        row = profile_of(own)
        if full is not None and row is not None and row.is_double:
            inner = (full.client if m.from_endpoint else full.server).inner()
            doubt.other_half = opens(own, m.kind, packet, inner)
        if not (doubt.own or doubt.swapped or doubt.other_half or doubt.no_field):
            doubt.foreign_hop = self._foreign(own, m, packet)
        return doubt

    def _foreign(self, own: Association, m: MediaPacket, packet: bytes) -> str:
        for other in self._associations:
            keys = None if other is own else other.hop_keys()
            if keys is None:
                continue
            for name, master in (("server", keys.server), ("client", keys.client)):
                if opens(own, m.kind, packet, master):
                    return f"{other.endpoint or 'another association'} ({name})"
        return ""


def _name(association: Association | None) -> str:
    where = None if association is None else association.endpoint
    return str(where or "another association")


def context_of(association: Association, master: MasterKey) -> SrtpContext | None:
    """A fresh context of the association's hop layer; None when the key does not fit it."""
    row = profile_of(association)
    try:
        return None if row is None else SrtpContext(row.layer.code, *master)
    except LocalError:
        return None


def opens(association: Association, kind: str, packet: bytes, master: MasterKey) -> bool:
    """Whether a packet authenticates under a key, at a low rollover counter."""
    if kind == "rtcp":
        return _opens_rtcp(association, packet, master)
    return any(opens_at(association, packet, master, roc) for roc in ROCS)


def _opens_rtcp(association: Association, packet: bytes, master: MasterKey) -> bool:
    context = context_of(association, master)
    try:
        return context is not None and bool(context.unprotect_rtcp(packet))
    except (CryptoError, DecodeError):
        return False


def opens_at(association: Association, packet: bytes, master: MasterKey, roc: int) -> bool:
    """Whether an SRTP packet authenticates under a key at this rollover counter."""
    context = context_of(association, master)
    if context is None:
        return False
    try:
        end = header_end(packet)
        context.open(packet[:end], packet[end:], roc << 16 | int.from_bytes(packet[2:4], "big"))
    except (CryptoError, DecodeError):
        return False
    return True


def opens_without_field(association: Association, m: MediaPacket, master: MasterKey) -> bool:
    """Whether an RTCP packet authenticates once something that looks like an EKT field is cut off its end."""
    try:
        packet = peel_ekt(m.datagram.data)[0]
    except DecodeError:
        return False
    return opens(association, "rtcp", packet, master)

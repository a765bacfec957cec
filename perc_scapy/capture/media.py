# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP of a capture, both layers, at every hop that an association or a statement gives keys for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.lanes import Hop, HopFinder, Ring
from perc_scapy.capture.stated_hops import StatedHops
from perc_scapy.capture.statements import EktStatement, SrtpStatement, Statement
from perc_scapy.pcap.packets import Address, Datagram

__all__ = ["MediaPacket", "MediaReader", "Ring", "own_keys", "same_conference"]

Kind = Literal["rtp", "rtcp"]
MAX_LANES = 16384
"""Pairs of addresses, by direction, whose keys in use are remembered; the oldest goes first."""
MAX_SSRCS = 4096
"""SSRCs of one such pair."""
TRIES, RETRY = 24, 50
"""Packets of one pair on which foreign keys are tried; after so many failures, on each `RETRY`-th only."""
RTCP_TYPES = range(192, 224)
"""Second octet of RTCP (RFC 5761 section 4)."""


@dataclass(slots=True)
class MediaPacket:
    """One SRTP or SRTCP packet at one hop."""

    datagram: Datagram
    kind: Kind
    association: Association | None
    """The endpoint's, whose keys the hop uses; None when no association is known between these addresses."""
    from_endpoint: bool
    opened: OpenedMedia
    profile: int | None = None
    """SRTP profile of the hop, negotiated or stated: what tells tags from ciphertext."""
    stated: SrtpStatement | EktStatement | None = None
    """The statement whose key opened it, when no association's did."""

    @property
    def number(self) -> int:
        return self.datagram.number

    @property
    def ssrc(self) -> int:
        """Of the sender; the same before and after the MDD."""
        start = 8 if self.kind == "rtp" else 4
        return int.from_bytes(self.datagram.data[start : start + 4], "big")

    @property
    def timestamp(self) -> int:
        """RTP timestamp: the MDD never changes it."""
        return int.from_bytes(self.datagram.data[4:8], "big")

    @property
    def rtp(self) -> bytes | None:
        """Plain RTP packet as its sender made it."""
        return self.opened.plain if self.kind == "rtp" else None


class _Lane:
    """Media from one address to another."""

    __slots__ = ("failures", "hops", "nearby")

    def __init__(self) -> None:
        self.hops: dict[bytes, Hop] = {}
        """What opened an SSRC's last packet."""
        self.failures = 0
        """Packets that nothing opened since the last that something did."""
        self.nearby: list[Hop] = []


class MediaReader:
    """Feed datagrams in capture order. `statements`: keys from TOML tables, beside those of the associations."""

    def __init__(
        self,
        associations: Iterable[Association],
        ring: Ring,
        statements: Sequence[Statement] = (),
    ) -> None:
        self._finder = HopFinder(associations, ring, statements)
        self._stated = StatedHops(statements)
        self._lanes: dict[tuple[Address, Address], _Lane] = {}

    def read(self, datagram: Datagram) -> MediaPacket | None:
        """Open one datagram; None when it is neither RTP nor RTCP. The keys that opened the stream's last packet are
        tried first, then those of later associations before those of earlier ones. HOT PATH.
        """
        data = datagram.data
        if len(data) < 2 or data[0] >> 6 != 2:
            if data[:1] < b"\4":
                self._finder.ice.add(datagram)
            return None
        kind: Kind = "rtcp" if data[1] in RTCP_TYPES else "rtp"
        ssrc = data[8:12] if kind == "rtp" else data[4:8]
        lane = self._lanes.get((datagram.src, datagram.dst))
        hop = None if lane is None else lane.hops.get(ssrc)
        if hop is None:
            return self._search(datagram, kind, ssrc, None)
        packet = _packet(datagram, kind, hop)
        if packet.opened.outer is not None:
            return packet
        # Also after a repeat, which is told by its index alone: another hop may have a fresh packet with that index.
        return self._search(datagram, kind, ssrc, packet, hop)

    def in_use(self, src: Address, dst: Address, ssrc: bytes) -> Hop | None:
        """What opened the last packet of an SSRC between these addresses."""
        lane = self._lanes.get((src, dst))
        return None if lane is None else lane.hops.get(ssrc)

    def _search(
        self,
        datagram: Datagram,
        kind: Kind,
        ssrc: bytes,
        best: MediaPacket | None,
        tried: Hop | None = None,
    ) -> MediaPacket:
        """Another hop than the one that opened the last packet, if there was one; the first failure if none fits."""
        lane = self._lane(datagram)
        for hop, near in self._candidates(datagram, lane, ssrc):
            if hop is tried:
                continue
            packet = _packet(datagram, kind, hop)
            if packet.opened.outer is not None:
                _found(lane, ssrc, hop)
                return packet
            if near and (best is None or (packet.opened.repeat and not best.opened.repeat)):
                best = packet
        closed = OpenedMedia(problem="no association here")
        return best or MediaPacket(datagram, kind, None, False, closed)

    def _lane(self, datagram: Datagram) -> _Lane:
        ends = datagram.src, datagram.dst
        lane = self._lanes.get(ends)
        if lane is None:
            if len(self._lanes) >= MAX_LANES:
                del self._lanes[next(iter(self._lanes))]
            lane = self._lanes[ends] = _Lane()
        return lane

    def _candidates(
        self, datagram: Datagram, lane: _Lane, ssrc: bytes
    ) -> Iterator[tuple[Hop, bool]]:
        """Hops to try, and whether their failure says something: others are tried on the off-chance."""
        for hop in self._finder.here(datagram):
            yield hop, True
        for hop in self._stated.of(datagram, int.from_bytes(ssrc, "big")):
            yield hop, True
        lane.failures += 1
        if lane.failures in (1, TRIES // 2) or lane.failures % RETRY == 0:
            lane.nearby = self._finder.nearby(datagram)
        if lane.failures <= TRIES or lane.failures % RETRY == 0:
            for hop in lane.nearby:
                yield hop, False


def _found(lane: _Lane, ssrc: bytes, hop: Hop) -> None:
    lane.failures = 0
    if len(lane.hops) >= MAX_SSRCS:
        del lane.hops[next(iter(lane.hops))]
    lane.hops[ssrc] = hop


def _packet(datagram: Datagram, kind: Kind, hop: Hop) -> MediaPacket:
    reader = hop.reader
    if reader is None:
        opened = OpenedMedia(problem="no keys of this hop")
    elif kind == "rtp":
        opened = reader.rtp(datagram.data, datagram.time, datagram.number)
    else:
        opened = reader.rtcp(datagram.data)
    return MediaPacket(
        datagram, kind, hop.association, hop.from_endpoint, opened, hop.profile, hop.stated
    )


def same_conference(associations: Iterable[Association]) -> Ring:
    """A ring that knows every EKT key of the association's conference, whoever received it: an analyst's view.

    The association's own keys come first: where conferences cannot be told apart, one SPI may name two sets.
    """
    everyone = list(associations)

    def ring(association: Association) -> list[ReceivedEktKey]:
        fellows = [a for a in everyone if a is not association and _fellows(a, association)]
        return [received for a in (association, *fellows) for received in a.ekt_keys()]

    return ring


def _fellows(one: Association, other: Association) -> bool:
    """The same conference, as far as is known: without a sight of the tunnel, the same MDD address."""
    ours, theirs = one.conference_id, other.conference_id
    if ours is not None and theirs is not None:
        return ours == theirs
    return None in (one.mdd, other.mdd) or one.mdd == other.mdd


def own_keys(association: Association) -> list[ReceivedEktKey]:
    """A ring of nothing but what this association's endpoint was given, from the beginning: `ReceivedEktKey.packet`
    says when it came."""
    return association.ekt_keys()

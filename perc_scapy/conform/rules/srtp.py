# SPDX-License-Identifier: GPL-2.0-only
"""SRTP as such, of any DTLS-SRTP capture: keys, indices, rollover counters, lengths."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from perc_scapy.capture.media import MediaPacket
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.doubts import context_of, opens_at
from perc_scapy.conform.subject.packets import Heard, Stream, row_of, srtp_of
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.errors import CryptoError, DecodeError, ReplayError

PACKETS = "SRTP packets on hops with known keys"
NEAR = 0x4000
"""Numbers that may be missing without a doubt about the rollover counter."""
MAX_ROC = 16
"""Rollover counters tried on a stream's first packet."""


@rule(
    "SRT-02",
    expected="packets that authenticate under the keys of the handshake",
    about=PACKETS,
    needs=Part.HOP,
    broken_by="session keys derived with a salt padded on the wrong side",
    shown_in="interop-srtcp-salt",
)
def keys_open_packets(subject: Subject) -> Iterator[Finding]:
    """Each hop and direction with three packets or more: something of it opens."""
    seen: dict[object, list[MediaPacket]] = defaultdict(list)
    opened: Counter[object] = Counter()
    for m in subject.packets.rtp:
        if id(m.association) in subject.packets.keyed:
            hop = subject.packets.hop(m)
            seen[hop].append(m)
            opened[hop] += m.opened.outer is not None
    for where, packets in seen.items():
        if opened[where] or len(packets) >= 3:
            yield Finding(packets[0].number, opened[where] > 0, "nothing of this hop opens")


@rule(
    "DTL-02",
    expected="client keys for what the client sends, server keys for the rest",
    about=PACKETS,
    needs=Part.HOP,
    broken_by="the two directions the wrong way round",
)
def directions_have_their_keys(subject: Subject) -> Iterator[Finding]:
    """Packets that open under the key of their direction; what stays closed is tried with the other one."""
    for m in subject.packets.rtp:
        if m.association is not None and m.opened.outer is not None:
            yield Finding(m.number, True)
    for doubt in subject.doubts.closed:
        if doubt.swapped and doubt.m.kind == "rtp":
            yield Finding(doubt.m.number, False, "opens with the key of the other direction")


@rule(
    "SRT-03",
    expected="a rollover counter that grows by one when SEQ wraps, and never else",
    about="streams whose hop layer opens",
    needs=Part.HOP,
    broken_by="a sender that forgets the rollover counter",
)
def rollover_counters_run_on(subject: Subject) -> Iterator[Finding]:
    """Each stream is counted from its first packet on, and each packet opened at the index which that gives. A gap of
    more than 16384 numbers begins anew: what is missing may have wrapped."""
    for stream in subject.packets.streams:
        yield from _counted(subject, stream)
    started = {(subject.packets.hop(h.m), h.m.ssrc) for h in subject.packets.heard}
    for doubt in subject.doubts.closed:
        m = doubt.m
        if m.kind == "rtp" and (subject.packets.hop(m), m.ssrc) in started and doubt.own:
            yield Finding(m.number, False, "opens with another rollover counter than its place has")


def _counted(subject: Subject, stream: Stream) -> Iterator[Finding]:
    master, order = hop_key(stream), sorted(stream.packets, key=lambda h: h.number)
    context = None if master is None else context_of(stream.association, master)
    if context is None or stream.association.mki:
        return
    start, last = _start(stream, order[0]), order[0].index
    for heard in order:
        if abs(heard.index - last) > NEAR:
            start = _start(stream, heard)
        last = max(last, heard.index)
        ok = _opens_there(context, srtp_of(heard.m), heard.index + start)
        if ok is not None:
            yield Finding(
                heard.number, ok, "opens with another rollover counter than its place has"
            )


def hop_key(stream: Stream) -> MasterKey | None:
    """The key of a stream's hop and direction."""
    keys = stream.association.hop_keys()
    return None if keys is None else keys.client if stream.from_endpoint else keys.server


def _start(stream: Stream, heard: Heard) -> int:
    """What to add to a counted index so that the packet opens: 65536 times the capture's first rollover counter."""
    master = hop_key(stream)
    for roc in range(MAX_ROC):
        index = (heard.index & 0xFFFF) | roc << 16
        if master is not None and opens_at(stream.association, srtp_of(heard.m), master, roc):
            return index - heard.index
    return 0


def _opens_there(context: SrtpContext, packet: bytes, index: int) -> bool | None:
    """None for a second copy of a packet, or an index that nobody can have."""
    if index < 0:
        return None
    end = header_end(packet)
    try:
        context.open(packet[:end], packet[end:], index)
    except ReplayError:
        return None
    except (CryptoError, DecodeError):
        return False
    return True


@rule(
    "SRT-04",
    "SRT-01",
    expected="no two packets of one SSRC with one index under one key",
    about=PACKETS,
    needs=Part.HOP,
    broken_by="an endpoint or MDD that protects two packets with one index",
    shown_in="violation-nonce-reuse",
)
def indices_are_used_once(subject: Subject) -> Iterator[Finding]:
    """Packets of one hop, SSRC and SEQ with different octets: nonce reuse, if both authenticate under one index."""
    groups: dict[object, list[MediaPacket]] = defaultdict(list)
    for m in subject.packets.rtp:
        if m.association is not None and (m.opened.outer is not None or m.opened.repeat):
            key = subject.packets.hop(m), m.ssrc, m.datagram.data[2:4]
            groups[key].append(m)
    for group in groups.values():
        first = srtp_of(group[0])
        yield Finding(group[0].number, True)
        for m in group[1:]:
            other = srtp_of(m)
            if other != first:
                fault = _one_index(group[0], first, other)
                text = f"the index of packet {group[0].number} with other content"
                yield Finding(m.number, not fault, text)


def _one_index(one: MediaPacket, first: bytes, second: bytes) -> bool:
    """Whether both authenticate under the same index."""
    association = one.association
    keys = None if association is None else association.hop_keys()
    if association is None or keys is None:
        return False
    master = keys.client if one.from_endpoint else keys.server
    return any(
        all(opens_at(association, packet, master, roc) for packet in (first, second))
        for roc in range(3)
    )


@rule(
    "SRT-06",
    expected="a whole tag behind the header, also of an empty payload",
    about="SRTP packets of known profiles",
    broken_by="a packet that was cut",
)
def packets_hold_a_tag(subject: Subject) -> Iterator[Finding]:
    """Octets behind the header: one tag; of a double profile two and an OHB. What the MDD sends of its own has one."""
    for m in subject.packets.rtp:
        row = row_of(m)
        if row is None or m.datagram.missing:
            continue
        packet = srtp_of(m)
        try:
            rest = len(packet) - header_end(packet)
        except DecodeError as error:
            yield Finding(m.number, False, str(error))
            continue
        need = 2 * row.rtp_tag + 1 if row.is_double and m.from_endpoint else row.rtp_tag
        yield Finding(m.number, rest >= need, f"{rest} octets behind the header, {need} are due")

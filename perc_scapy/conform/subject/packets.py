# SPDX-License-Identifier: GPL-2.0-only
"""RTP packets of a capture for judges: what the hop layer held, indices, and which packet the MDD made of which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.double import put_fields
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.packets import Address
from perc_scapy.wire import Ohb, peel_ekt, peel_ohb

Hop = tuple[int, bool]
"""Which association's, by its place in the analysis, and whether packets go from the endpoint."""


@dataclass(slots=True, eq=False)
class Heard:
    """One RTP packet at one hop whose hop-by-hop layer opened."""

    m: MediaPacket
    double: bool
    header: bytes
    """As received."""
    body: bytes
    """Inner ciphertext and tag; of a single profile the payload."""
    ohb: Ohb
    ohb_fault: str
    index: int
    """Outer packet index as far as the capture tells: its rollover counter starts at 0 there."""

    @property
    def number(self) -> int:
        return self.m.number

    @property
    def seq(self) -> int:
        return int.from_bytes(self.header[2:4], "big")

    @property
    def pt(self) -> int:
        return self.header[1] & 0x7F

    @property
    def marker(self) -> bool:
        return bool(self.header[1] & 0x80)

    @property
    def original(self) -> bytes:
        """Header with what the OHB says put back, extension included."""
        return put_fields(self.header, *self.ohb)

    @property
    def original_seq(self) -> int:
        return self.seq if self.ohb.seq is None else self.ohb.seq


class Counter:
    """Extends 16-bit sequence numbers: the nearest to the highest so far (RFC 3711 3.3.1), from its first one on."""

    def __init__(self) -> None:
        self._highest: int | None = None

    def extend(self, seq: int) -> int:
        if self._highest is None:
            self._highest = seq
            return seq
        delta = (seq - self._highest + 0x8000) % 0x10000 - 0x8000
        index = self._highest + delta
        self._highest = max(self._highest, index)
        return index


@dataclass(slots=True, eq=False)
class Stream:
    """Packets of one SSRC at one hop, in the order of their inner indices."""

    ssrc: int
    association: Association
    from_endpoint: bool
    packets: list[Heard]


class Packets:
    """All RTP and RTCP packets of an analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self._associations = analysis.associations
        self._place = {id(a): n for n, a in enumerate(analysis.associations)}
        self.rtp = [m for m in analysis.media if m.kind == "rtp"]
        self.rtcp = [m for m in analysis.media if m.kind == "rtcp"]

    @cached_property
    def keyed(self) -> set[int]:
        """Associations (by `id`) whose packets can be opened."""
        return {id(a) for a in self._associations if has_keys(a)}

    @cached_property
    def with_ekt(self) -> set[int]:
        """Associations (by `id`) that negotiated EKT."""
        return {id(a) for a in self._associations if a.ekt_cipher is not None}

    def is_closed(self, m: MediaPacket) -> bool:
        """The hop has keys, and the packet did not authenticate under them."""
        return m.opened.outer is None and not m.opened.repeat and id(m.association) in self.keyed

    def hop(self, m: MediaPacket) -> Hop:
        return self._place.get(id(m.association), -1), m.from_endpoint

    @cached_property
    def heard(self) -> list[Heard]:
        """What the hop layer opened, in capture order."""
        counters: dict[tuple[Hop, int], Counter] = defaultdict(Counter)
        found = []
        for m in self.rtp:
            if m.opened.outer is None or m.association is None:
                continue
            header, payload = m.opened.outer
            row = row_of(m)
            double = row is not None and row.is_double
            index = counters[self.hop(m), m.ssrc].extend(int.from_bytes(header[2:4], "big"))
            body, ohb, fault = _inner(payload) if double else (payload, Ohb(), "")
            found.append(Heard(m, double, header, body, ohb, fault, index))
        return found

    @cached_property
    def strangers(self) -> list[MediaPacket]:
        """Packets that opened with the keys of an association between other addresses, although there is one between
        their own. Where there is none, media may have moved (ICE)."""
        between: dict[frozenset[Address], set[int]] = defaultdict(set)
        for a in self._associations:
            if a.endpoint is not None and a.mdd is not None and a.hop_keys() is not None:
                between[frozenset((a.endpoint, a.mdd))].add(id(a))
        return [
            m
            for m in self.rtp + self.rtcp
            if m.association is not None
            and m.opened.outer is not None
            and id(m.association) not in between.get(m.datagram.flow, {id(m.association)})
        ]

    @cached_property
    def closed(self) -> list[MediaPacket]:
        """RTP whose hop layer did not open although its association has hop keys; duplicates are not among them."""
        return [m for m in self.rtp if self.is_closed(m)]

    @cached_property
    def by_body(self) -> dict[object, list[Heard]]:
        """What carries the same inner packet, in capture order."""
        found: dict[object, list[Heard]] = defaultdict(list)
        for heard in self.heard:
            found[name_of(heard)].append(heard)
        return dict(found)

    @cached_property
    def relayed(self) -> list[tuple[Heard, Heard]]:
        """(at the MDD's ingress, at its egress): the first sight of an inner packet, and each one that leaves."""
        pairs = []
        for group in self.by_body.values():
            source = next((h for h in group if h.m.from_endpoint), None)
            if source is not None:
                pairs += [(source, h) for h in group if not h.m.from_endpoint]
        return sorted(pairs, key=lambda pair: pair[1].number)

    @cached_property
    def orphans(self) -> list[Heard]:
        """Packets from the MDD without an origin, altered or not, at the ingress, where their SSRC has others."""
        near = [h for h in self.heard if h.m.from_endpoint]
        known, stamps = {h.m.ssrc for h in near}, {h.header[4:12] for h in near}
        return [
            h
            for h in self.heard
            if not h.m.from_endpoint and h.m.ssrc in known and h.header[4:12] not in stamps
        ]

    @cached_property
    def streams(self) -> list[Stream]:
        """Every SSRC at every hop."""
        groups: dict[tuple[Hop, int], list[Heard]] = defaultdict(list)
        for heard in self.heard:
            groups[self.hop(heard.m), heard.m.ssrc].append(heard)
        return [_stream(ssrc, packets) for (_, ssrc), packets in groups.items()]

    @cached_property
    def sources(self) -> list[Stream]:
        """Every SSRC once, seen as near to its sender as the capture comes."""
        best: dict[object, Stream] = {}
        for stream in self.streams:
            key = stream.ssrc
            rank = (stream.from_endpoint, len(stream.packets))
            known = best.get(key)
            if known is None or rank > (known.from_endpoint, len(known.packets)):
                best[key] = stream
        near = [stream for stream in self.streams if stream.from_endpoint]
        far = [s for s in best.values() if not s.from_endpoint]
        return near + far

    def toward(self, stations: Iterable[Heard]) -> dict[Hop, list[Heard]]:
        """Sorted by hop."""
        found: dict[Hop, list[Heard]] = defaultdict(list)
        for heard in stations:
            found[self.hop(heard.m)].append(heard)
        return dict(found)


def _stream(ssrc: int, packets: list[Heard]) -> Stream:
    counter = Counter()
    order = sorted((counter.extend(h.original_seq), n) for n, h in enumerate(packets))
    first = packets[0].m
    assert first.association is not None
    return Stream(ssrc, first.association, first.from_endpoint, [packets[n] for _, n in order])


def _inner(payload: bytes) -> tuple[bytes, Ohb, str]:
    try:
        body, ohb = peel_ohb(payload)
    except DecodeError as error:
        return payload, Ohb(), str(error)
    return body, ohb, ""


def name_of(heard: Heard) -> object:
    """The same for every copy of one inner packet: its ciphertext never repeats, plain payloads may."""
    return heard.body if heard.double else (heard.m.ssrc, heard.header[4:8], heard.body)


def profile_of(association: Association | None) -> SrtpProfile | None:
    """The negotiated SRTP profile."""
    return None if association is None else SRTP_PROFILES.get(association.srtp_profile or 0)


def has_keys(association: Association) -> bool:
    """Hop keys are known, and so is what was negotiated beside them: without its ServerHello nobody knows of EKT."""
    return association.hop_keys() is not None and any(s.server_hello for s in association.sessions)


def row_of(m: MediaPacket) -> SrtpProfile | None:
    """The SRTP profile of a packet's hop."""
    return None if m.association is None else SRTP_PROFILES.get(m.profile or 0)


def srtp_of(m: MediaPacket) -> bytes:
    """The datagram without its EKT field."""
    if m.opened.ekt is not None:
        return m.datagram.data[: -len(m.opened.ekt.raw)]
    if m.association is None or m.association.ekt_cipher is None or m.kind == "rtcp":
        return m.datagram.data
    try:
        return peel_ekt(m.datagram.data)[0]
    except DecodeError:
        return m.datagram.data


def by_time(packets: Iterable[Heard]) -> Iterator[Heard]:
    """In capture order."""
    return iter(sorted(packets, key=lambda h: h.number))

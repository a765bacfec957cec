# SPDX-License-Identifier: GPL-2.0-only
"""Double SRTP of whole buffers, two decryptions a packet and hardly anything else.

The next packet in order of a known stream, with an empty OHB and an EKT field that is short or the last full one
again, is opened here; every other one by `MediaReader`. Both work on the same contexts, so that it does not matter
who opens which packet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from cryptography.exceptions import InvalidTag

from perc_scapy.capture.ekt_layer import KeyInUse
from perc_scapy.capture.lanes import Hop
from perc_scapy.capture.learned import LateOpener
from perc_scapy.capture.media import MediaPacket, MediaReader
from perc_scapy.codes import EktMessageType
from perc_scapy.crypto.double import EMPTY_OHB
from perc_scapy.crypto.replay import Stream
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.pcap.packets import Datagram

MAX_LINES = 1 << 16
"""Streams at hops that are followed; beyond, all are looked up anew."""
OVERHEAD = 12 + 16 + 1 + 16
"""Octets of such a packet that are no payload: header, inner tag, OHB, outer tag; the EKT field comes on top."""


Place: TypeAlias = tuple[int, bytes, int, int, int]
"""A media packet: its row; the name of its stream, which is anything that ends in the SSRC (empty for RTCP and what
is to be read by itself); start and end of its octets in the buffer; its SEQ if the header has twelve octets and the
last octet of all is zero, `FULL` - SEQ if that octet is two, else `UNUSUAL`."""
UNUSUAL, FULL = -2, -3
"""No SEQ, and none that a stream may expect; likewise, and what is below."""
_BUT_LAST = slice(-1)


class Known(NamedTuple):
    """Which packets a number stands for."""

    hop: Hop
    key: KeyInUse
    ekt_type: int
    overhead: int
    """Octets of each that are no payload."""


class Line:
    """One SSRC at one hop: the index states of both layers and what decrypts them."""

    __slots__ = ("context", "full", "hop", "in_use", "index", "inner", "key", "open_inner", "open_outer",
                 "outer")  # fmt: skip

    def __init__(self, hop: Hop) -> None:
        self.hop = hop
        self.index = self.full = -1
        """Numbers of packets with a short and with a full EKT field."""
        self.in_use: KeyInUse | None = None

    def use(self, in_use: KeyInUse, outer: SrtpContext, ssrc: int) -> bool:
        """Follow these states; False when they do not run AES-GCM or saw no packet yet."""
        inner = in_use.key.context
        if inner is None or ssrc not in inner.streams or ssrc not in outer.streams:
            return False
        if inner.decrypt is None or outer.decrypt is None:
            return False
        self.in_use, self.key, self.context = in_use, in_use.key, inner
        self.inner: Stream = inner.streams[ssrc]
        self.outer: Stream = outer.streams[ssrc]
        self.open_inner, self.open_outer = inner.decrypt, outer.decrypt
        return True


@dataclass(slots=True)
class Opened:
    """What became of the media packets of a buffer."""

    rows: list[int] = field(default_factory=list)
    """Opened in both layers here …"""
    lines: list[int] = field(default_factory=list)
    """… of these streams and keys, as numbers of `FastMedia.known`."""
    others: dict[int, MediaPacket] = field(default_factory=dict)
    """Row -> what `MediaReader` made of it."""


class FastMedia:
    """Feed buffers in capture order."""

    def __init__(self, reader: MediaReader, late: LateOpener) -> None:
        self._reader, self._late = reader, late
        self._lines: dict[bytes, Line] = {}
        """By name of the stream."""
        self._by_hop: dict[tuple[int, bytes], Line] = {}
        self.known: dict[int, Known] = {}
        """By number; a stream under a new key has a new one."""
        self._made = 0

    def open(
        self, data: bytes, places: Iterable[Place], datagram: Callable[[int], Datagram | None]
    ) -> Opened:
        """Open media packets of `data`. `datagram` makes the object of a row that is not opened here. HOT PATH."""
        if len(self.known) > 2 * MAX_LINES:
            kept = {n for line in self._by_hop.values() for n in (line.index, line.full)}
            self.known = {index: one for index, one in self.known.items() if index in kept}
        found = Opened()
        rows, lines, get = found.rows.append, found.lines.append, self._lines.get
        for row, name, start, end, seq in places:
            line = get(name)
            if (
                line is not None
                and line.outer.expected == seq
                and line.inner.expected == seq
                and line.key.context is line.context
            ):
                outer, inner, body = line.outer, line.inner, start + 12
                header = data[start:body]
                try:
                    sealed = line.open_outer(
                        (outer.front ^ seq).to_bytes(12, "big"), data[body : end - 1], header
                    )
                    if sealed[-1:] == EMPTY_OHB:
                        line.open_inner(
                            (inner.front ^ seq).to_bytes(12, "big"), sealed[_BUT_LAST], header
                        )
                        outer.expected = inner.expected = seq + 1
                        rows(row)
                        lines(line.index)
                        continue
                except InvalidTag:
                    pass
            elif (
                seq <= FULL and line is not None and self._again(line, data, start, end, FULL - seq)
            ):
                rows(row)
                lines(line.full)
                continue
            whole = datagram(row)
            media = None if whole is None else self.read(whole, name)
            if media is not None:
                found.others[row] = media
        return found

    def _again(self, line: Line, data: bytes, start: int, end: int, seq: int) -> bool:
        """Open a packet that ends in the full field which its key came in; False when that is not so, or it fails."""
        raw, outer, inner = line.key.raw, line.outer, line.inner
        stop, body = end - len(raw), start + 12
        if not raw or data[stop:end] != raw or line.key.context is not line.context:
            return False
        if outer.expected != seq or inner.expected != seq:
            return False
        header = data[start:body]
        try:
            iv = (outer.front ^ seq).to_bytes(12, "big")
            sealed = line.open_outer(iv, data[body:stop], header)
            if sealed[-1:] != EMPTY_OHB:
                return False
            iv = (inner.front ^ seq).to_bytes(12, "big")
            line.open_inner(iv, sealed[_BUT_LAST], header)
        except InvalidTag:
            return False
        outer.expected = inner.expected = seq + 1
        if line.full < 0:
            line.full = self._number(line, int(EktMessageType.FULL), len(raw))
        return True

    def _number(self, line: Line, ekt_type: int, field_length: int) -> int:
        assert line.in_use is not None
        self._made += 1
        self.known[self._made] = Known(line.hop, line.in_use, ekt_type, OVERHEAD + field_length)
        return self._made

    def read(self, datagram: Datagram, name: bytes = b"") -> MediaPacket | None:
        """Open a datagram by itself. `name`: of its stream, to look it up next time; empty for RTCP."""
        media = self._reader.read(datagram)
        if media is not None and media.opened.plain is None:
            self._late.open(media)
        if name:
            self._follow(name, datagram)
        return media

    def _follow(self, name: bytes, datagram: Datagram) -> None:
        """Look up the stream's states again: any of them may be new."""
        ssrc = name[-4:]
        hop = self._reader.in_use(datagram.src, datagram.dst, ssrc)
        states = None if hop is None or hop.reader is None else hop.reader.in_use(ssrc)
        if hop is None or states is None:
            self._lines.pop(name, None)
            return
        line = self._line(hop, ssrc)
        outer, key = states
        before = line.in_use
        if not line.use(key, outer, int.from_bytes(ssrc, "big")):
            self._lines.pop(name, None)
            return
        if line.in_use is not before:
            line.index, line.full = self._number(line, int(EktMessageType.SHORT), 1), -1
        self._lines[name] = line

    def _line(self, hop: Hop, ssrc: bytes) -> Line:
        """One and the same for all addresses between which the stream is seen."""
        if len(self._lines) >= MAX_LINES:
            self._lines.clear()
            self._by_hop.clear()
        line = self._by_hop.get((id(hop), ssrc))
        if line is None:
            line = self._by_hop[id(hop), ssrc] = Line(hop)
        return line

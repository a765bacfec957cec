# SPDX-License-Identifier: GPL-2.0-only
"""IP fragments put together, with bounds on memory and on how long a piece is waited for (RFC 791, RFC 8200 4.5)."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import NamedTuple

from perc_scapy.pcap.ip import IpPart, skip_extensions

TIMEOUT_NS = 60_000_000_000
"""Capture time after which a packet whose pieces did not all come is given up (RFC 8200 section 4.5)."""
MAX_PACKETS = 1024
"""Packets under way at once; the oldest one is given up for a further one."""
MAX_OCTETS = 1 << 24
"""Octets held of all packets under way."""
LONGEST = 65535


class Whole(NamedTuple):
    """A packet put together: as if it had never been cut, and the numbers of all frames that brought a piece."""

    part: IpPart
    numbers: tuple[int, ...]


class Reassembler:
    """Feed fragments in capture order; each packet comes out once."""

    def __init__(self) -> None:
        self._partial: dict[tuple[bytes, ...], _Partial] = {}
        self._octets = 0
        self.given_up = 0
        """Packets that were never whole: pieces missing, late or in contradiction."""

    def add(self, number: int, time_ns: int, part: IpPart) -> Whole | None:
        """The whole packet when this fragment completes it."""
        self._expire(time_ns)
        if part.fragment is None or part.missing or not part.body:
            return None  # a piece that the capture has cut short can complete nothing
        key = part.fragment.key
        partial = self._partial.setdefault(key, _Partial(time_ns))
        self._octets += partial.take(number, part, part.fragment.offset, part.fragment.more)
        body = partial.whole()
        if body is None:
            self._make_room()
            return None
        self._forget(key)
        return Whole(_rejoined(part, partial.protocol, body), tuple(partial.numbers))

    def _expire(self, now_ns: int) -> None:
        while self._partial:
            key = next(iter(self._partial))
            if now_ns - self._partial[key].since_ns <= TIMEOUT_NS:
                return
            self._give_up(key)

    def _make_room(self) -> None:
        while len(self._partial) > MAX_PACKETS or self._octets > MAX_OCTETS:
            self._give_up(next(iter(self._partial)))

    def _give_up(self, key: tuple[bytes, ...]) -> None:
        self.given_up += 1
        self._forget(key)

    def _forget(self, key: tuple[bytes, ...]) -> None:
        self._octets -= self._partial.pop(key).octets


def _rejoined(part: IpPart, protocol: int, body: bytes) -> IpPart:
    """IPv6 headers behind the fragment header are part of what was cut."""
    if len(part.src) == 4:
        return IpPart(part.src, part.dst, protocol, body)
    kind, at = skip_extensions(body, 0, protocol)
    return IpPart(part.src, part.dst, kind, body[at:])


@dataclass(slots=True)
class _Partial:
    """Pieces of one packet: disjoint, sorted by offset."""

    since_ns: int
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    octets: int = 0
    total: int = -1
    """Octets of the whole, once the last piece has come."""
    protocol: int = -1
    """As the first piece says: only that one has the headers behind the fragment header."""
    refused: bool = False
    """Pieces contradict each other, so nothing of the packet is believed."""

    def whole(self) -> bytes | None:
        """All of it, once no octet is missing."""
        if self.octets != self.total or self.protocol < 0:
            return None
        return b"".join(data for _, data in self.pieces)

    def take(self, number: int, part: IpPart, start: int, more: bool) -> int:
        """Add a piece; returns by how many octets the packet grew."""
        before, end = self.octets, start + len(part.body)
        if self.refused or self._repeated(start, part.body):
            return 0
        free = self._free(start, part.body)
        overlap = sum(len(data) for _, data in free) != len(part.body)
        # RFC 8200 section 4.5: overlapping fragments of IPv6 condemn the packet; IPv4 keeps what came first.
        if self._impossible(end, more) or (overlap and len(part.src) == 16):
            self._refuse()
            return -before
        self.total = self.total if more else end
        self.protocol = self.protocol if start else part.protocol
        self.numbers.append(number)
        for piece in free:
            insort(self.pieces, piece)
            self.octets += len(piece[1])
        return self.octets - before

    def _refuse(self) -> None:
        self.refused, self.octets, self.total = True, 0, -1
        self.pieces.clear()

    def _repeated(self, start: int, data: bytes) -> bool:
        """The network has delivered the same piece again."""
        at = bisect_left(self.pieces, (start, data))
        return at < len(self.pieces) and self.pieces[at] == (start, data)

    def _impossible(self, end: int, more: bool) -> bool:
        """It ends where no packet can, or where another piece says that this one cannot."""
        highest = self.pieces[-1][0] + len(self.pieces[-1][1]) if self.pieces else 0
        if self.total >= 0:
            return end > self.total or (not more and end != self.total)
        return end > LONGEST or (not more and highest > end)

    def _free(self, start: int, data: bytes) -> list[tuple[int, bytes]]:
        """What of a piece lies where nothing is yet."""
        free, end = [], start + len(data)
        at, place = start, max(0, bisect_left(self.pieces, (start, b"")) - 1)
        while place < len(self.pieces) and at < end:
            low, piece = self.pieces[place]
            if low >= end:
                break
            if low > at:
                free.append((at, data[at - start : low - start]))
            at, place = max(at, low + len(piece)), place + 1
        if at < end:
            free.append((at, data[at - start :]))
        return free

# SPDX-License-Identifier: GPL-2.0-only
"""TCP streams of a capture: the octets of each direction in order, once, with what was lost told (RFC 9293).

A capture sees what a receiver saw, and may miss what it did not. Octets that the other end acknowledged, that do not
come for a second and behind which others wait are lost to the capture; so are those before a full waiting list.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from perc_scapy.pcap.transport import ACK, RST, SYN, Address, Datagram, Segment

MAX_CONNECTIONS = 4096
"""Connections followed at once; the one that was silent longest is closed for a further one."""
MAX_WAITING = 1 << 22
"""Octets of one direction that wait for earlier ones."""
MAX_WAITING_SEGMENTS = 2048
MAX_ALL_WAITING = 1 << 26
"""Octets of all directions together."""
PATIENCE = 1.0
"""Seconds of capture time before acknowledged octets count as lost to the capture."""


@dataclass(frozen=True, slots=True)
class StreamChunk:
    """Octets of one direction of a connection, each delivered once and in order."""

    number: int
    """Packet that brought them."""
    time: float
    """Of that packet: chunks that had to wait for earlier octets are older than those before them."""
    src: Address
    dst: Address
    offset: int
    """Octets of this direction before `data`, lost ones included."""
    data: bytes
    lost: int = 0
    """Octets missing in front of `data`."""
    connection: int = 0
    """Counts connections between the same two ends, from 0."""
    fragments: tuple[int, ...] = ()

    @property
    def flow(self) -> frozenset[Address]:
        """The same for both directions."""
        return frozenset((self.src, self.dst))


def reassemble(segments: Iterable[Datagram | Segment]) -> Iterator[StreamChunk]:
    """In-order octets of all connections; what is no TCP segment is left out."""
    for item in in_order(segments):
        if isinstance(item, StreamChunk):
            yield item


def in_order(packets: Iterable[Datagram | Segment]) -> Iterator[Datagram | StreamChunk]:
    """Datagrams as they are, and chunks in the place of TCP segments."""
    streams = TcpStreams()
    for packet in packets:
        if isinstance(packet, Segment):
            yield from streams.add(packet)
        else:
            yield packet
    yield from streams.finish()


class TcpStreams:
    """All connections of a capture. Feed segments in capture order."""

    def __init__(self) -> None:
        self._connections: dict[frozenset[Address], _Connection] = {}
        self._waiting = 0

    def add(self, segment: Segment) -> list[StreamChunk]:
        """What can be read now, of both directions."""
        flow = segment.flow
        chunks = [] if flow in self._connections else self._make_room()
        connection = self._connections.pop(flow, None) or _Connection()
        self._connections[flow] = connection  # the last one in the dict was heard last
        before = connection.waiting
        chunks += connection.add(segment)
        if self._waiting + connection.waiting - before > MAX_ALL_WAITING:
            chunks += connection.finish()
        self._waiting += connection.waiting - before
        return chunks

    def _make_room(self) -> list[StreamChunk]:
        if len(self._connections) < MAX_CONNECTIONS:
            return []
        oldest = self._connections.pop(next(iter(self._connections)))
        self._waiting -= oldest.waiting
        return oldest.finish()

    def finish(self) -> list[StreamChunk]:
        """What still waits for octets that never came."""
        connections = list(self._connections.values())
        self._connections.clear()
        self._waiting = 0
        return [chunk for connection in connections for chunk in connection.finish()]


class _Connection:
    """Both directions between two ends, one connection after the other."""

    def __init__(self) -> None:
        self._index = 0
        self._directions: dict[Address, _Direction] = {}

    @property
    def waiting(self) -> int:
        """Octets held."""
        return sum(direction.octets for direction in self._directions.values())

    def add(self, segment: Segment) -> list[StreamChunk]:
        chunks = self._begin(segment) if segment.flags & SYN else []
        direction = self._directions.get(segment.src)
        if direction is None:
            direction = self._directions[segment.src] = _Direction(self._index)
        chunks += direction.add(segment)
        back = self._directions.get(segment.dst)
        if back is not None and segment.flags & ACK:
            chunks += back.acknowledged(segment.ack, segment.time)
        return chunks + self.finish() if segment.flags & RST else chunks

    def finish(self) -> list[StreamChunk]:
        """Give up waiting."""
        return [chunk for d in self._directions.values() for chunk in d.give_up()]

    def _begin(self, segment: Segment) -> list[StreamChunk]:
        """A SYN with a number of its own opens another connection between the same ports."""
        direction = self._directions.get(segment.src)
        if direction is None or direction.begins_at(segment.seq + 1):
            return []
        chunks = self.finish()
        self._index += 1
        self._directions.clear()
        return chunks


@dataclass(slots=True)
class _Direction:
    """One direction of one connection: positions count octets from its first one."""

    connection: int
    _base: int | None = None
    """Sequence number of position 0."""
    _next: int = 0
    """Position of the next octet to deliver."""
    _lost: int = 0
    """Octets given up since the last chunk."""
    _waiting: list[tuple[int, Segment]] = field(default_factory=list)
    """(position, segment), beyond a hole."""
    octets: int = 0
    """Octets of those that wait."""
    _acknowledged: int = 0
    """Position up to which the other end has everything."""
    _hole_since: float = 0.0

    def begins_at(self, seq: int) -> bool:
        """Whether position 0 has this sequence number."""
        return self._base is None or self._base == seq & 0xFFFFFFFF

    def add(self, segment: Segment) -> list[StreamChunk]:
        seq = segment.seq + (1 if segment.flags & SYN else 0)  # a SYN takes a number (9293 3.4)
        if self._base is None and (segment.data or segment.flags & SYN):
            self._base = seq & 0xFFFFFFFF  # without a SYN the capture began in the middle
        if self._base is None or not segment.data:
            return []
        position = self._position(seq)
        if position > self._next:
            return self._wait(position, segment)
        return self._deliver(position, segment) + self._catch_up(segment.time)

    def acknowledged(self, ack: int, now: float) -> list[StreamChunk]:
        """The other end has everything before `ack`: what is missing of it passed unseen."""
        if self._base is None:
            return []
        self._acknowledged = max(self._acknowledged, self._position(ack))
        if not self._waiting or self._acknowledged < self._waiting[0][0]:
            return []
        return self._skip_hole(now) if now - self._hole_since > PATIENCE else []

    def give_up(self) -> list[StreamChunk]:
        """Deliver all that waits, holes told."""
        chunks = []
        while self._waiting:
            chunks += self._skip_hole(0.0)
        return chunks

    def _position(self, seq: int) -> int:
        """Of a sequence number, which wraps at 2^32: the one nearest to what comes next."""
        assert self._base is not None
        ahead = (seq - self._base - self._next + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return self._next + ahead

    def _wait(self, position: int, segment: Segment) -> list[StreamChunk]:
        if not self._waiting:
            self._hole_since = segment.time
        insort(self._waiting, (position, segment), key=itemgetter(0))
        self.octets += len(segment.data)
        full = self.octets > MAX_WAITING or len(self._waiting) > MAX_WAITING_SEGMENTS
        return self._skip_hole(segment.time) if full else []

    def _skip_hole(self, now: float) -> list[StreamChunk]:
        position = self._waiting[0][0]
        self._lost += position - self._next
        self._next = position
        return self._catch_up(now)

    def _catch_up(self, now: float) -> list[StreamChunk]:
        chunks = []
        while self._waiting and self._waiting[0][0] <= self._next:
            position, segment = self._waiting.pop(0)
            self.octets -= len(segment.data)
            self._hole_since = now
            chunks += self._deliver(position, segment)
        return chunks

    def _deliver(self, position: int, segment: Segment) -> list[StreamChunk]:
        """What of a segment is new; octets that a snapshot length cut off are lost for good."""
        data, chunks = segment.data[self._next - position :], []
        if data:
            chunks.append(self._chunk(segment, data))
        end = position + len(segment.data) + segment.missing
        if segment.missing and end > self._next:
            self._lost += end - self._next
            self._next = end
        return chunks

    def _chunk(self, segment: Segment, data: bytes) -> StreamChunk:
        offset, lost = self._next, self._lost
        self._next, self._lost = offset + len(data), 0
        return StreamChunk(
            segment.number, segment.time, segment.src, segment.dst, offset, data, lost,
            self.connection, segment.fragments,
        )  # fmt: skip

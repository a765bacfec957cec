# SPDX-License-Identifier: GPL-2.0-only
"""What a capture file holds: frames as recorded, interfaces, and the octet source that readers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from perc_scapy.errors import DecodeError

MAX_BLOCK = 1 << 26
"""Octets of the longest block or packet that is believed; a larger length is damage."""
CHUNK = 1 << 18


# Not frozen: frozen ones take four times as long to make, and captures have millions of them.
@dataclass(slots=True, unsafe_hash=True)
class Frame:
    """One packet of a capture file. Nobody changes one after it was read."""

    number: int
    """Position in the file, from 1, as Wireshark counts."""
    time_ns: int
    """Nanoseconds since 1970."""
    link_type: int
    """LINKTYPE_ value of the interface it was seen on."""
    data: bytes
    """Octets recorded."""
    length: int
    """Octets on the wire; more than `data` when the capture was cut short by a snapshot length."""
    interface: int = 0
    """Index into `CaptureReader.interfaces`."""

    @property
    def time(self) -> float:
        """Seconds since 1970."""
        return self.time_ns / 1_000_000_000


class Interface(NamedTuple):
    """Where packets were seen, as the file says."""

    link_type: int
    units: int
    """Ticks of a second."""
    offset: int = 0
    """Seconds to add to every time."""
    name: str = ""
    snaplen: int = 0
    """Octets kept of each packet; 0 is no limit."""

    def nanoseconds(self, ticks: int) -> int:
        return ticks * 1_000_000_000 // self.units + self.offset * 1_000_000_000


class CaptureDamaged(DecodeError):
    """The file breaks off or contradicts itself here; what stood before is good."""


class Stream(Protocol):
    """Gives octets; a binary file does."""

    def read(self, size: int = -1, /) -> bytes | None: ...


def _place(stream: Stream) -> int | None:
    """Where a stream is now; None when it cannot go back there."""
    seekable = getattr(stream, "seekable", None)
    if seekable is None or not seekable():
        return None
    return int(stream.tell())  # type: ignore[attr-defined]


class Source:
    """Octets of a stream with their position; `take` gives all or raises `CaptureDamaged`."""

    def __init__(self, stream: Stream) -> None:
        # A pipe's read1 gives what is there: packets appear while a capture still runs.
        self._read = getattr(stream, "read1", stream.read)
        self._stream, self._begin = stream, _place(stream)
        self._buffer, self._at, self._before = b"", 0, 0
        # What was read together with a piece that the buffer lacked stays as it is: joined, it would be copied.
        self._next, self._next_at = b"", 0
        self.chunk = CHUNK
        """Octets asked of the stream at once."""

    @property
    def position(self) -> int:
        """Octets taken so far."""
        return self._before + self._at

    def take(self, length: int, what: str) -> bytes:
        """Exactly `length` octets of a `what`."""
        end = self._at + length
        if end > len(self._buffer):
            if length > MAX_BLOCK:
                raise CaptureDamaged(f"{what} of {length} octets", self.position)
            self._fill(length)
            end = self._at + length
            if end > len(self._buffer):
                self._at = len(self._buffer)
                raise CaptureDamaged(f"{what} cut short", self.position)
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def start(self, length: int, what: str) -> bytes:
        """Like `take`, but empty at the regular end of the stream."""
        if self._at + length > len(self._buffer):
            self._fill(length)
            if self._at == len(self._buffer):
                return b""
        return self.take(length, what)

    def peek(self, length: int) -> bytes:
        """The next octets, which stay to be taken; fewer only at the end of the stream."""
        if self._at + length > len(self._buffer):
            self._fill(length)
        return self._buffer[self._at : self._at + length]

    def some(self, length: int) -> bytes:
        """At most `length` octets; empty only at the end of the stream."""
        if self._at == len(self._buffer):
            self._fill(1)
        data = self._buffer[self._at : self._at + length]
        self._at += len(data)
        return data

    def window(self) -> tuple[bytes, int]:
        """Octets at hand and where the next one is among them: for readers of many packets at once."""
        if self._at == len(self._buffer):
            self._turn()
        return self._buffer, self._at

    def skip(self, length: int) -> None:
        """Step over octets of the window."""
        self._at += length

    def renew(self) -> None:
        """Read on so that the window begins with the next octet, where the stream can go back to it."""
        if self._begin is not None:
            here = self.position
            self._stream.seek(self._begin + here)  # type: ignore[attr-defined]
            self._buffer, self._at, self._before = self._read(self.chunk) or b"", 0, here
            self._next = b""

    def give_back(self, data: bytes) -> None:
        """Put octets before those that are still to be taken."""
        self._before += self._at - len(data)
        self._buffer, self._at = data + self._buffer[self._at :], 0

    def _turn(self) -> None:
        """Behind the end of the buffer comes what was read with that end."""
        if self._next:
            self._before += self._at - self._next_at
            self._buffer, self._at, self._next = self._next, self._next_at, b""

    def _fill(self, length: int) -> None:
        """Have `length` octets at hand, or all that are left."""
        if self._at == len(self._buffer):
            self._turn()
        if len(self._buffer) - self._at >= length:
            return
        left = self._buffer[self._at :]
        self._before += self._at
        self._at, parts, have = 0, [left] if left else [], len(left)
        try:
            while have < length and (part := self._more(length - have, whole=not have)):
                parts.append(part)
                have += len(part)
        finally:  # what came before a stream failed is good
            self._buffer = b"".join(parts)

    def _more(self, lacking: int, *, whole: bool) -> bytes:
        """Octets that follow; not more than are lacking, unless nothing is in front of them."""
        if self._next:
            part, at, self._next = self._next, self._next_at, b""
        else:
            part, at = self._read(max(self.chunk, lacking)) or b"", 0
        if whole and not at:
            return part
        if len(part) - at > lacking:
            self._next, self._next_at = part, at + lacking
        return part[at : at + lacking]

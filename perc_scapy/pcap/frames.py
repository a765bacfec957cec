# SPDX-License-Identifier: GPL-2.0-only
"""What a capture file holds: frames as recorded, and the octet source that readers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from perc_scapy.errors import DecodeError

MAX_BLOCK = 1 << 26
"""Octets of the longest block or packet that is believed; a larger length is damage."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One packet of a capture file."""

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

    @property
    def time(self) -> float:
        """Seconds since 1970."""
        return self.time_ns / 1_000_000_000


class CaptureDamaged(DecodeError):
    """The file breaks off or contradicts itself here; what stood before is good."""


class Source:
    """Octets of a stream with their position; `take` gives all or raises `CaptureDamaged`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.position = stream, 0

    def take(self, length: int, what: str) -> bytes:
        if length > MAX_BLOCK:
            raise CaptureDamaged(f"{what} of {length} octets", self.position)
        data = self._read(length)
        if len(data) < length:
            raise CaptureDamaged(f"{what} cut short", self.position)
        return data

    def start(self, length: int, what: str) -> bytes:
        """Like `take`, but empty at the regular end of the stream."""
        data = self._read(length)
        if data and len(data) < length:
            raise CaptureDamaged(f"{what} cut short", self.position)
        return data

    def _read(self, length: int) -> bytes:
        parts = []
        while length > 0 and (part := self._stream.read(length)):
            parts.append(part)
            length -= len(part)
        data = b"".join(parts)
        self.position += len(data)
        return data

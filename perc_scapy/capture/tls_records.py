# SPDX-License-Identifier: GPL-2.0-only
"""TLS records out of one direction of a TCP stream, also behind octets that a capture lacks (RFC 8446 section 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

HEADER = 5
MAX_FRAGMENT = (1 << 14) + 2048
"""RFC 5246 6.2.3: protection may add at most 2048 octets."""
_START = re.compile(rb"[\x14-\x18]\x03[\x00-\x04]", re.DOTALL)
"""Content type and version of a record."""


class CutRecord(NamedTuple):
    """One record; `packet` and `time` are those of the packet with which it could be read."""

    packet: int
    time: float
    type: int
    version: int
    fragment: bytes
    lost: int
    """Octets missing, or that belong to no record, in front of it."""


class RecordCutter:
    """Feed the octets of one direction in order. Holds at most one record and what came last."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._lost = 0
        self._in_step = True
        self._packet, self._time = 0, 0.0
        self.records = 0
        """Cut so far."""
        self.refused = False
        """The stream does not begin as TLS does; what comes is dropped."""

    def feed(self, packet: int, time: float, data: bytes, lost: int = 0) -> Iterator[CutRecord]:
        """Records that `data` completes. `lost`: octets missing in front of it."""
        if self.refused:
            return
        # Octets that waited for earlier ones are read with the packet that brought these.
        self._packet, self._time = max(self._packet, packet), max(self._time, time)
        if lost:
            self._fall_out(lost)
        self._buffer += data
        while self._in_step or self._find_start():
            record = self._next()
            if record is None:
                return
            yield record

    def _fall_out(self, lost: int) -> None:
        self._lost += lost + len(self._buffer)
        self._buffer.clear()
        self._in_step = False

    def _next(self) -> CutRecord | None:
        buffer = self._buffer
        if len(buffer) < HEADER:
            return None
        end = _end(buffer, 0)
        if end is None:
            self._give_up()
            return None
        if len(buffer) < end:
            return None
        version, fragment = int.from_bytes(buffer[1:3], "big"), bytes(buffer[HEADER:end])
        found = CutRecord(self._packet, self._time, buffer[0], version, fragment, self._lost)
        del buffer[:end]
        self._lost = 0
        self.records += 1
        return found

    def _give_up(self) -> None:
        """No record begins here: another protocol, or a stream out of step."""
        if not self.records and not self._lost:
            self.refused = True
            self._buffer.clear()
        else:
            self._in_step = False

    def _find_start(self) -> bool:
        """Skip to a record that another one, or nothing, follows; False while that cannot be told."""
        buffer = bytes(self._buffer)
        for match in _START.finditer(buffer):
            end = _end(buffer, match.start())
            if end is None:
                continue
            if len(buffer) < end + HEADER and len(buffer) != end:
                self._skip(match.start())
                return False
            if len(buffer) == end or _end(buffer, end) is not None:
                self._skip(match.start())
                self._in_step = True
                return True
        self._skip(max(0, len(buffer) - HEADER + 1))
        return False

    def _skip(self, count: int) -> None:
        self._lost += count
        del self._buffer[:count]


def _end(buffer: bytes | bytearray, start: int) -> int | None:
    """Where the record that begins at `start` ends; None when none begins there or its header is not whole."""
    if _START.match(buffer, start) is None or len(buffer) < start + HEADER:
        return None
    length = int.from_bytes(buffer[start + 3 : start + HEADER], "big")
    return start + HEADER + length if 0 < length <= MAX_FRAGMENT else None

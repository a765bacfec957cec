# SPDX-License-Identifier: GPL-2.0-only
"""RTP packets of one stream in order, each once, with what is missing told (RFC 3550 A.1)."""

from __future__ import annotations

from typing import NamedTuple

WINDOW = 64
"""Packets that wait for an earlier one."""
MISORDER = 100
"""Packets that are further behind than this do not come late: the sender began anew."""


class RtpPayload(NamedTuple):
    """One packet's payload, its header's numbers counted on beyond their wrap."""

    sequence: int
    timestamp: int
    """In units of the media clock."""
    payload_type: int
    marker: bool
    data: bytes
    lost: int
    """Packets missing just before this one."""


class Sequencer:
    """Feed packets as they came; memory is bounded."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._timestamp: int | None = None
        self._waiting: dict[int, RtpPayload] = {}
        self.late = 0
        """Packets left out: they came twice, or after their place was given up."""
        self.lost = 0
        """Packets that never came."""

    def add(
        self, sequence: int, timestamp: int, payload_type: int, marker: bool, data: bytes
    ) -> list[RtpPayload]:
        """What can be used now. `sequence` and `timestamp` as in the header."""
        place = self._place(sequence)
        if self._next is not None and place < self._next:
            if self._next - place <= MISORDER:
                self.late += 1
                return []
            done, self._next = self.finish(), None
            return done + self.add(sequence, timestamp, payload_type, marker, data)
        self._next = place if self._next is None else self._next
        when = self._when(timestamp)
        self._waiting.setdefault(place, RtpPayload(place, when, payload_type, marker, data, 0))
        found = self._ready()
        while len(self._waiting) > WINDOW:
            found += self._skip()
        return found

    def finish(self) -> list[RtpPayload]:
        """What still waits."""
        found: list[RtpPayload] = []
        while self._waiting:
            found += self._skip()
        return found

    def _place(self, sequence: int) -> int:
        """The number with this lower half that is nearest to the next one."""
        if self._next is None:
            return sequence
        return self._next + ((sequence - self._next + 0x8000 & 0xFFFF) - 0x8000)

    def _when(self, timestamp: int) -> int:
        """The time with this lower half that is nearest to the last one."""
        last = timestamp if self._timestamp is None else self._timestamp
        self._timestamp = last + ((timestamp - last + (1 << 31) & 0xFFFFFFFF) - (1 << 31))
        return self._timestamp

    def _ready(self) -> list[RtpPayload]:
        assert self._next is not None
        found = []
        while (packet := self._waiting.pop(self._next, None)) is not None:
            found.append(packet)
            self._next += 1
        return found

    def _skip(self) -> list[RtpPayload]:
        """Go on behind a hole."""
        assert self._next is not None
        first = min(self._waiting)
        gap, self._next = first - self._next, first
        self.lost += gap
        found = self._ready()
        return [found[0]._replace(lost=gap), *found[1:]]

# SPDX-License-Identifier: GPL-2.0-only
"""Figures of one RTP stream on one hop: loss, order, jitter, rate, rollovers (RFC 3550 A.1, A.3, A.8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MAX_DROPOUT, MAX_MISORDER = 3000, 100
"""Steps in sequence number that are loss, or lateness; others are a restart (RFC 3550 appendix A.1)."""
CLOCKS = (8000, 16000, 32000, 48000, 90000)
"""Timestamp units a second that are tried where the payload type does not say."""
STATIC_CLOCKS: Mapping[int, int] = MappingProxyType(
    dict.fromkeys(range(19), 8000)
    | {6: 16000, 10: 44100, 11: 44100, 14: 90000, 16: 11025, 17: 22050}
    | dict.fromkeys((25, 26, 28, 31, 32, 33, 34), 90000)
)
"""Payload type -> units a second (RFC 3551 section 6)."""
_WINDOW = 1 << 10
_WINDOW_MASK = (1 << _WINDOW) - 1


class StreamMeter:
    """Feed the packets of one stream in capture order."""

    def __init__(self) -> None:
        self.packets = self.duplicates = self.reordered = self.restarts = self.octets = 0
        self.rollovers = 0
        """Times that the sequence number passed 65535."""
        self.first_packet = self.last_packet = 0
        self.first_time = self.last_time = 0.0
        self.payload_types: list[int] = []
        self._highest = 0
        self._seen = 0
        self._expected = 0
        self._transit: dict[int, float] = {}
        self._jitter: dict[int, float] = {}
        self._first_timestamp = self._ticks = self._last_timestamp = 0

    def add(self, number: int, time: float, header: bytes, octets: int) -> None:
        """`header`: the twelve octets in front; `octets`: length of the whole packet."""
        sequence, timestamp = int.from_bytes(header[2:4], "big"), int.from_bytes(header[4:8], "big")
        kind = header[1] & 0x7F
        if not self.packets:
            self._begin(number, time, sequence, timestamp)
        elif not self._advance(sequence):
            self.duplicates += 1
            self.last_packet, self.last_time = number, time
            return
        self.packets += 1
        self.octets += octets
        self.last_packet, self.last_time = number, max(time, self.last_time)
        if kind not in self.payload_types and len(self.payload_types) < 16:
            self.payload_types.append(kind)
        self._measure(time, timestamp)

    def _begin(self, number: int, time: float, sequence: int, timestamp: int) -> None:
        self.first_packet, self.first_time, self.last_time = number, time, time
        self._last_timestamp = timestamp
        self._restart(sequence)

    def _restart(self, sequence: int) -> None:
        self._highest, self._seen = sequence, 1
        self._expected += 1

    def _advance(self, sequence: int) -> bool:
        """False for a packet that was there before."""
        step = (sequence - self._highest) & 0xFFFF
        if 0 < step < MAX_DROPOUT:
            self.rollovers += sequence < self._highest
            self._highest = sequence
            self._seen = (self._seen << step | 1) & _WINDOW_MASK
            self._expected += step
            return True
        late = -step & 0xFFFF
        if late >= MAX_MISORDER:
            self.restarts += 1
            self._restart(sequence)
            return True
        if self._seen >> late & 1:
            return False
        self._seen |= 1 << late
        self.reordered += 1
        return True

    def _measure(self, time: float, timestamp: int) -> None:
        """Interarrival jitter, under every clock that may be the right one."""
        step = (timestamp - self._last_timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        self._ticks += step
        self._last_timestamp = timestamp
        for clock in self._clocks():
            transit = (time - self.first_time) * clock - self._ticks
            before = self._transit.get(clock, transit)
            jitter = self._jitter.get(clock, 0.0)
            self._jitter[clock] = jitter + (abs(transit - before) - jitter) / 16
            self._transit[clock] = transit

    def _clocks(self) -> tuple[int, ...]:
        clock = STATIC_CLOCKS.get(self.payload_types[0])
        return CLOCKS if clock is None else (clock,)

    # -- results

    @property
    def lost(self) -> int:
        """Packets expected and not seen."""
        return max(0, self._expected - self.packets)

    @property
    def duration(self) -> float:
        """Seconds from the first packet to the last."""
        return self.last_time - self.first_time

    @property
    def clock(self) -> int | None:
        """Timestamp units a second: of the payload type, else what fits the times best, else None."""
        known = self._clocks() if self.packets else ()
        if len(known) == 1:
            return known[0]
        if self.duration <= 0 or self._ticks <= 0:
            return None
        rate = self._ticks / self.duration
        best = min(CLOCKS, key=lambda clock: abs(clock - rate))
        return best if abs(best - rate) < best / 4 else None

    @property
    def jitter(self) -> float | None:
        """Seconds."""
        clock = self.clock
        return None if clock is None else self._jitter[clock] / clock

    @property
    def bitrate(self) -> float | None:
        """Bits a second of UDP payload."""
        return 8 * self.octets / self.duration if self.duration > 0 else None

# SPDX-License-Identifier: GPL-2.0-only
"""Reception statistics of one stream: extended sequence number, loss, jitter (RFC 3550 6.4.1, A.1, A.3, A.8).

Packets come here after authentication, so there is no probation; a jump of any size is believed.
"""

from __future__ import annotations

from perc_scapy.roles.endpoint.rtcp import ReportBlock, middle32

_HALF = 0x8000


class ReceptionStatistics:
    """Fed with the sender's own sequence numbers (RFC 8723 section 5.3 allows that), in order of arrival."""

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self._clock_rate = clock_rate
        self._first = self._highest = -1
        self._transit: float | None = None
        self._jitter = 0.0
        self._expected_before = self._received_before = 0
        self._last_sr = 0
        self._last_sr_at: float | None = None

    def packet(self, sequence: int, timestamp: int, now: float) -> None:
        """Count one arrived packet."""
        self.received += 1
        self._extend(sequence)
        self._update_jitter(timestamp, now)

    def _extend(self, sequence: int) -> None:
        if self._highest < 0:
            # One cycle up front leaves room for a packet that overtook the one before a wrap.
            self._first = self._highest = 0x10000 + sequence
            return
        step = (sequence - self._highest + _HALF) % 0x10000 - _HALF
        self._first = min(self._first, self._highest + step)
        self._highest = max(self._highest, self._highest + step)

    def _update_jitter(self, timestamp: int, now: float) -> None:
        # A.8: difference of relative transit times, smoothed by 1/16; modulo 2^32 like the timestamp.
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            difference = (transit - self._transit + 2**31) % 2**32 - 2**31
            self._jitter += (abs(difference) - self._jitter) / 16
        self._transit = transit

    def sender_report(self, ntp: int, now: float) -> None:
        """Remember an SR of this source for `last_sr` and `since_last_sr`."""
        self._last_sr, self._last_sr_at = middle32(ntp), now

    @property
    def expected(self) -> int:
        """Packets from the first to the highest sequence number."""
        return self._highest - self._first + 1 if self.received else 0

    @property
    def lost(self) -> int:
        """Expected minus received; negative after duplicates."""
        return self.expected - self.received

    def block(self, now: float) -> ReportBlock:
        """Report block; starts a new interval for `fraction_lost` (A.3)."""
        expected = self.expected - self._expected_before
        lost = expected - (self.received - self._received_before)
        self._expected_before, self._received_before = self.expected, self.received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, (lost << 8) // expected) if expected > 0 and lost > 0 else 0,
            lost=self.lost,
            highest_sequence=(self._highest - 0x10000) & 0xFFFFFFFF,
            jitter=min(int(self._jitter), 0xFFFFFFFF),
            last_sr=self._last_sr,
            since_last_sr=self._delay(now),
        )

    def _delay(self, now: float) -> int:
        if self._last_sr_at is None:
            return 0
        return min(int((now - self._last_sr_at) * 65536), 0xFFFFFFFF)

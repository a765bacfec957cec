# SPDX-License-Identifier: GPL-2.0-only
"""What a listener heard, one track a sender: payloads are placed by RTP timestamp, gaps stay silent and are listed."""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from operator import attrgetter
from typing import NamedTuple

from perc_scapy.media.g711 import CODECS, RATE, Codec

EARLY_SAMPLES = RATE
"""A packet up to one second older than the first one is still placed: the network reordered them."""
LONGEST_SILENCE = 10 * RATE
"""Silence that a gap can be in the recording. What is beyond is cut: else one packet would make an hour of it."""


class Gap(NamedTuple):
    """Samples that never came: `start` counts from the track's first sample."""

    start: int
    length: int


class Cut(NamedTuple):
    """Samples of a gap that the recording leaves out: `at` counts in the recording, `length` in the sender's time."""

    at: int
    length: int


class _Run:
    """Octets without a hole; `start` counts from the first packet that came."""

    def __init__(self, start: int, octets: bytes) -> None:
        self.start, self.octets = start, bytearray(octets)

    @property
    def end(self) -> int:
        return self.start + len(self.octets)


_START = attrgetter("start")


class Track:
    """The audio of one SSRC. Memory follows what arrived; a packet beyond `limit` samples is dropped."""

    def __init__(self, ssrc: int, codec: Codec, timestamp: int, *, limit: int) -> None:
        self.ssrc, self.codec = ssrc, codec
        self._base, self._limit = timestamp, limit
        self._runs: list[_Run] = []
        self._end = 0
        self.frames = self.duplicates = self.dropped = 0

    def add(self, timestamp: int, payload: bytes) -> bool:
        """Place a payload; False when it lies outside the track's limits or repeats what is there."""
        start = self._position(timestamp)
        if start < -EARLY_SAMPLES or start + len(payload) > self._limit:
            self.dropped += 1
            return False
        if self._covered(start):
            self.duplicates += 1
            return False
        self._place(start, payload)
        self.frames += 1
        return True

    @property
    def first_timestamp(self) -> int:
        """RTP timestamp of the first sample of `samples`."""
        return self._base + self._first & 0xFFFFFFFF

    @property
    def gaps(self) -> list[Gap]:
        """Holes between the first and the last sample, in order."""
        found, end = [], self._first
        for run in self._runs:
            if run.start > end:
                found.append(Gap(end - self._first, run.start - end))
            end = max(end, run.end)
        return found

    @property
    def cuts(self) -> list[Cut]:
        """Where silence beyond `LONGEST_SILENCE` is left out, in order."""
        found, left_out = [], 0
        for gap in self.gaps:
            if gap.length > LONGEST_SILENCE:
                at = gap.start + LONGEST_SILENCE - left_out
                found.append(Cut(at, gap.length - LONGEST_SILENCE))
                left_out += found[-1].length
        return found

    @property
    def samples(self) -> array[int]:
        """All of it, silence in the gaps, without the cuts."""
        silence, end, octets = bytes((self.codec.silence,)), self._first, bytearray()
        for run in self._runs:
            octets += silence * min(max(0, run.start - end), LONGEST_SILENCE)
            octets += run.octets[max(0, end - run.start) :]
            end = max(end, run.end)
        return self.codec.decode(bytes(octets))

    def sidecar(self) -> dict[str, object]:
        """What a reader of the WAV must know to place it: JSON-ready, times in samples."""
        return {
            "schema": 1,
            "ssrc": self.ssrc,
            "first_timestamp": self.first_timestamp,
            "rate": RATE,
            "codec": self.codec.name,
            "samples": self._end - self._first - sum(cut.length for cut in self.cuts),
            "frames": self.frames,
            "gaps": [list(gap) for gap in self.gaps],
            "cuts": [list(cut) for cut in self.cuts],
            "duplicates": self.duplicates,
            "dropped": self.dropped,
        }

    @property
    def _first(self) -> int:
        return self._runs[0].start if self._runs else 0

    def _position(self, timestamp: int) -> int:
        """Position of a timestamp (modulo 2^32, RFC 3550 5.1), the one nearest to the end of the track."""
        ahead = timestamp - self._base - self._end & 0xFFFFFFFF
        return self._end + (ahead - (1 << 32) if ahead >= 1 << 31 else ahead)

    def _covered(self, start: int) -> bool:
        index = bisect_right(self._runs, start, key=_START) - 1
        return index >= 0 and start < self._runs[index].end

    def _place(self, start: int, payload: bytes) -> None:
        if self._runs and self._runs[-1].end == start:
            self._runs[-1].octets += payload  # the usual case: the next packet
        else:
            insort(self._runs, _Run(start, payload), key=_START)
        self._end = max(self._end, start + len(payload))


class Recorder:
    """Tracks by SSRC. `seconds` bounds each track's length and `senders` the number of tracks."""

    def __init__(self, *, seconds: float = 3600, senders: int = 256) -> None:
        self._limit = int(seconds * RATE)
        self._senders = senders
        self.tracks: dict[int, Track] = {}
        self.ignored = 0
        """Payloads that were no G.711 or came from one sender too many."""

    def add(self, ssrc: int, payload_type: int, timestamp: int, payload: bytes) -> Track | None:
        """Record one RTP payload; None when it was not used."""
        codec = CODECS.get(payload_type)
        track = self.tracks.get(ssrc)
        if codec is None or not payload or (track is None and len(self.tracks) >= self._senders):
            self.ignored += 1
            return None
        if track is None:
            track = self.tracks[ssrc] = Track(ssrc, codec, timestamp, limit=self._limit)
        if track.codec is not codec:
            payload = track.codec.encode(codec.decode(payload))
        return track if track.add(timestamp, payload) else None

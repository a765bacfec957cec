# SPDX-License-Identifier: GPL-2.0-only
"""Samples into RTP payloads of 20 ms (RFC 3551 4.2) with their RTP timestamps."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from perc_scapy.errors import LocalError
from perc_scapy.media.g711 import PCMU, RATE, Codec

FRAME_SECONDS = 0.02
FRAME_SAMPLES = 160
"""20 ms at 8000 samples a second."""


class Frame(NamedTuple):
    """One RTP payload. `marker` is set on the first one after silence (RFC 3551 4.1)."""

    payload: bytes
    timestamp: int
    marker: bool


class Packetizer:
    """Cuts audio into frames; the last one is filled up with silence. With `loop` it never ends."""

    def __init__(
        self,
        samples: array[int],
        *,
        codec: Codec = PCMU,
        first_timestamp: int = 0,
        loop: bool = False,
    ) -> None:
        if not samples:
            raise LocalError("no audio to send")
        self.codec = codec
        self.first_timestamp = first_timestamp & 0xFFFFFFFF
        self._payloads = _cut(codec, samples)
        self._loop = loop
        self._count = 0
        self._silent = True

    def __len__(self) -> int:
        """Frames of one pass."""
        return len(self._payloads)

    @property
    def exhausted(self) -> bool:
        return not self._loop and self._count >= len(self._payloads)

    def next_frame(self) -> Frame | None:
        """The next 20 ms, or None after the last."""
        if self.exhausted:
            return None
        timestamp = self.first_timestamp + FRAME_SAMPLES * self._count & 0xFFFFFFFF
        frame = Frame(self._payloads[self._count % len(self)], timestamp, self._silent)
        self._count += 1
        self._silent = False
        return frame

    def skip(self, frames: int) -> int:
        """Leave out what comes next, as if it had been silent; returns how many frames that were."""
        if not self._loop:
            frames = min(frames, len(self._payloads) - self._count)
        self._count += frames
        self._silent = self._silent or frames > 0
        return frames


def _cut(codec: Codec, samples: array[int]) -> list[bytes]:
    octets = codec.encode(samples)
    octets += bytes((codec.silence,)) * (-len(octets) % FRAME_SAMPLES)
    return [octets[at : at + FRAME_SAMPLES] for at in range(0, len(octets), FRAME_SAMPLES)]


def frames_due(started: float, sent: int, now: float) -> int:
    """How many frames should have left by `now` beyond the `sent` ones, when the first left at `started`."""
    return max(0, int((now - started) / FRAME_SECONDS + 1e-6) + 1 - sent)


assert round(RATE * FRAME_SECONDS) == FRAME_SAMPLES

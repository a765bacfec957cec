# SPDX-License-Identifier: GPL-2.0-only
"""Media files made payload by payload: WAV of G.711, Ogg of Opus, byte stream of H.264, IVF of VP8.

Each class takes the payloads of one RTP stream and type in order of sequence numbers; hostile payloads are counted
in `dropped` and never raise. A new codec is a class and a row of `FILES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO, Protocol

from perc_scapy.errors import DecodeError
from perc_scapy.media import opus
from perc_scapy.media.g711 import RATE, codec_named
from perc_scapy.media.h264 import START_CODE, H264Depacketizer
from perc_scapy.media.ivf import IvfWriter
from perc_scapy.media.ogg import OggOpusWriter
from perc_scapy.media.recorder import Track
from perc_scapy.media.sequencer import RtpPayload
from perc_scapy.media.vp8 import Vp8Depacketizer, key_frame_size
from perc_scapy.media.wav import encode_wav

LONGEST_FILL = 10 * opus.RATE
"""Samples of concealment that a gap can become in an Ogg file; what is beyond is cut, as in recordings."""
LONGEST_WAV = 6 * 3600 * RATE
"""Samples of the longest WAV file: these are made in memory."""


class MediaFile(Protocol):
    """One file that is being made."""

    @property
    def suffix(self) -> str: ...

    @property
    def dropped(self) -> int:
        """Payloads that brought nothing."""

    @property
    def seconds(self) -> float: ...

    def add(self, payload: RtpPayload) -> None:
        """Take the next payload."""

    def close(self) -> bool:
        """Write what is still to be written; False when the file holds no media. The stream stays open."""


class WavFile:
    """G.711, placed by timestamps; gaps are silent, those beyond ten seconds are shortened to ten."""

    suffix = ".wav"

    def __init__(self, stream: BinaryIO, ssrc: int, codec: str) -> None:
        self._stream, self._ssrc = stream, ssrc
        self._codec = codec_named(codec)
        self._track: Track | None = None
        self._samples = 0
        self.dropped = 0

    def add(self, payload: RtpPayload) -> None:
        if self._codec is None or not payload.data:
            self.dropped += 1
            return
        if self._track is None:
            first = payload.timestamp & 0xFFFFFFFF
            self._track = Track(self._ssrc, self._codec, first, limit=LONGEST_WAV)
        if not self._track.add(payload.timestamp & 0xFFFFFFFF, payload.data):
            self.dropped += 1

    def close(self) -> bool:
        samples = () if self._track is None else self._track.samples
        self._samples = len(samples)
        if self._track is None or not samples:
            return False
        self._stream.write(encode_wav(self._track.samples, RATE))
        return True

    @property
    def seconds(self) -> float:
        return self._samples / RATE


class OpusFile:
    """Gaps are filled with packets that decoders conceal (RFC 7845 section 4.1), at most ten seconds each."""

    suffix = ".ogg"

    def __init__(self, stream: BinaryIO, ssrc: int, codec: str) -> None:
        self._stream, self._ssrc = stream, ssrc
        self._writer: OggOpusWriter | None = None
        self._base = 0
        """RTP timestamp of sample 0."""
        self.dropped = 0

    def add(self, payload: RtpPayload) -> None:
        try:
            samples = opus.packet_samples(payload.data)
        except DecodeError:
            self.dropped += 1
            return
        writer = self._writer
        if writer is None:
            # A decoder makes any number of channels of any packet: the header only says how many to play.
            channels = 1 + opus.is_stereo(payload.data)
            writer = self._writer = OggOpusWriter(
                self._stream, serial=self._ssrc, channels=channels
            )
            self._base = payload.timestamp
        self._fill(writer, payload)
        writer.packet(payload.data, samples)

    def _fill(self, writer: OggOpusWriter, payload: RtpPayload) -> None:
        gap = payload.timestamp - self._base - writer.samples
        step = opus.frame_samples(payload.data[0])
        for _ in range(min(max(gap, 0), LONGEST_FILL) // step):
            writer.packet(opus.lost_packet(payload.data[0]), step)
        # What no whole frame fills, lies beyond the longest fill or goes back is the new place of the clock.
        self._base = payload.timestamp - writer.samples

    def close(self) -> bool:
        if self._writer is None:
            return False
        self._writer.close()
        return True

    @property
    def seconds(self) -> float:
        return 0.0 if self._writer is None else self._writer.samples / opus.RATE


class _VideoClock:
    """How long a video plays, from its first to its last timestamp."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.ticks = 0

    def at(self, timestamp: int) -> int:
        """Ticks since the first call; never falls."""
        self.first = timestamp if self.first is None else self.first
        self.ticks = max(self.ticks, timestamp - self.first)
        return self.ticks


class H264File:
    """A byte stream of NAL units; those with a hole are left out. A decoder joins at the first parameter sets."""

    suffix = ".h264"

    def __init__(self, stream: BinaryIO, ssrc: int, codec: str) -> None:
        self._stream, self._reader = stream, H264Depacketizer()
        self._clock, self._any = _VideoClock(), False

    def add(self, payload: RtpPayload) -> None:
        self._clock.at(payload.timestamp)
        for unit in self._reader.add(payload.data, lost=bool(payload.lost)):
            self._stream.write(START_CODE + unit)
            self._any = True

    def close(self) -> bool:
        return self._any

    @property
    def dropped(self) -> int:
        return self._reader.dropped

    @property
    def seconds(self) -> float:
        return self._clock.ticks / 90_000


class Vp8File:
    """Whole frames from the first key frame on, which says how large pictures are."""

    suffix = ".ivf"

    def __init__(self, stream: BinaryIO, ssrc: int, codec: str) -> None:
        self._stream, self._reader = stream, Vp8Depacketizer()
        self._writer: IvfWriter | None = None
        self._clock, self._skipped = _VideoClock(), 0

    def add(self, payload: RtpPayload) -> None:
        frame = self._reader.add(
            payload.data, payload.timestamp, payload.marker, lost=bool(payload.lost)
        )
        if frame is None:
            return
        size = key_frame_size(frame)
        if self._writer is None and size is None:
            self._skipped += 1
            return
        if self._writer is None and size is not None:
            self._writer = IvfWriter(self._stream, size)
        assert self._writer is not None
        self._writer.frame(self._clock.at(payload.timestamp), frame)

    def close(self) -> bool:
        if self._writer is None:
            return False
        self._writer.close()
        return True

    @property
    def dropped(self) -> int:
        return self._reader.dropped + self._skipped

    @property
    def seconds(self) -> float:
        return self._clock.ticks / 90_000


FILES: Mapping[str, Callable[[BinaryIO, int, str], MediaFile]] = MappingProxyType(
    {"PCMU": WavFile, "PCMA": WavFile, "opus": OpusFile, "H264": H264File, "VP8": Vp8File}
)
"""Codec -> class."""

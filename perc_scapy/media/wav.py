# SPDX-License-Identifier: GPL-2.0-only
"""WAV files as bytes. Read: PCM of 8, 16, 24, 32 bits or G.711, 1 to 8 channels, 1 to 384 kHz.

Written: PCM of 16 bits, one channel.

Channels read are mixed down by averaging. Totally strict about the format, lenient about lengths: recorders that were
cut off and pipes leave wrong RIFF sizes, so the data chunk ends where the file does.
"""

from __future__ import annotations

import struct
import sys
from array import array
from itertools import pairwise
from typing import NamedTuple

from perc_scapy.errors import DecodeError
from perc_scapy.media.g711 import PCMA, PCMU

_PCM, _ALAW, _ULAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_FULL_SCALE_SHIFT = {24: 8, 32: 16}


class Audio(NamedTuple):
    """`samples` is `array("h")`, one channel; `rate` in samples a second."""

    samples: array[int]
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


class _Format(NamedTuple):
    tag: int
    channels: int
    rate: int
    bits: int


def decode_wav(data: bytes) -> Audio:
    """Audio of a WAV file. Raises `DecodeError` naming what is wrong or not supported."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise DecodeError("WAV: not a RIFF/WAVE file", 0)
    chunks = _chunks_untrusted(data)
    if b"fmt " not in chunks:
        raise DecodeError("WAV: no fmt chunk")
    if b"data" not in chunks:
        raise DecodeError("WAV: no data chunk")
    form = _format_untrusted(chunks[b"fmt "])
    return Audio(_mix(_samples(form, chunks[b"data"]), form.channels), form.rate)


def encode_wav(samples: array[int], rate: int) -> bytes:
    """A WAV file: PCM, 16 bit, one channel."""
    body = _little_endian(samples).tobytes()
    header = struct.pack("<HHIIHH", _PCM, 1, rate, 2 * rate, 2, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + struct.pack("<I", 16)
        + header + b"data" + struct.pack("<I", len(body)) + body
    )  # fmt: skip


def _chunks_untrusted(data: bytes) -> dict[bytes, bytes]:
    """First chunk of each name; a chunk that runs past the end is cut there."""
    chunks: dict[bytes, bytes] = {}
    offset = 12
    while offset + 8 <= len(data):
        name, size = (
            data[offset : offset + 4],
            int.from_bytes(data[offset + 4 : offset + 8], "little"),
        )
        chunks.setdefault(name, data[offset + 8 : offset + 8 + size])
        offset += 8 + size + (size & 1)
    return chunks


def _format_untrusted(fmt: bytes) -> _Format:
    if len(fmt) < 16:
        raise DecodeError("WAV: fmt chunk cut short")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = int.from_bytes(fmt[24:26], "little")
    if not 1 <= channels <= 8:
        raise DecodeError(f"WAV: {channels} channels; 1 to 8 are supported")
    if not 1000 <= rate <= 384_000:
        raise DecodeError(f"WAV: {rate} samples a second; 1000 to 384000 are supported")
    if (tag == _PCM and bits in (8, 16, 24, 32)) or (tag in (_ALAW, _ULAW) and bits == 8):
        return _Format(tag, channels, rate, bits)
    raise DecodeError(
        f"WAV: format {tag} with {bits} bits; PCM of 8, 16, 24 or 32 bits and G.711 are supported"
    )


def _samples(form: _Format, data: bytes) -> array[int]:
    """Interleaved 16-bit samples of whole frames."""
    width = form.bits // 8
    data = data[: len(data) - len(data) % (width * form.channels)]
    if form.tag == _ULAW:
        return PCMU.decode(data)
    if form.tag == _ALAW:
        return PCMA.decode(data)
    if width == 1:
        return array("h", (octet - 128 << 8 for octet in data))
    if width == 2:
        return _little_endian(array("h", data))
    # The two upper octets of 24 or 32 bits are the 16-bit sample.
    upper = bytearray(2 * (len(data) // width))
    upper[0::2], upper[1::2] = data[width - 2 :: width], data[width - 1 :: width]
    return _little_endian(array("h", bytes(upper)))


def _little_endian(samples: array[int]) -> array[int]:
    """The same samples with the octets of a WAV file, or back."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples


def _mix(samples: array[int], channels: int) -> array[int]:
    if channels == 1:
        return samples
    lanes = zip(*(samples[lane::channels] for lane in range(channels)), strict=True)
    return array("h", (sum(frame) // channels for frame in lanes))


def resample(audio: Audio, rate: int) -> Audio:
    """The audio at another rate: each new sample is the mean of the signal over its own interval.

    The mean is a gentle low-pass, enough for speech; the same rate is returned bit for bit.
    """
    if audio.rate == rate or not audio.samples:
        return Audio(audio.samples, rate)
    if rate > audio.rate:
        return Audio(_interpolate(audio.samples, audio.rate / rate), rate)
    return Audio(_average(audio.samples, audio.rate / rate), rate)


def _average(samples: array[int], step: float) -> array[int]:
    count = int(len(samples) / step)
    edges = [int(index * step) for index in range(count + 1)]
    return array(
        "h",
        (sum(samples[a:b]) // (b - a) for a, b in pairwise(edges)),
    )


def _interpolate(samples: array[int], step: float) -> array[int]:
    last = len(samples) - 1
    out = array("h")
    for index in range(int(len(samples) / step)):
        place = index * step
        left = int(place)
        right = min(left + 1, last)
        out.append(int(samples[left] + (samples[right] - samples[left]) * (place - left)))
    return out

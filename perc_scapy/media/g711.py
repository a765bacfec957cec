# SPDX-License-Identifier: GPL-2.0-only
"""G.711 mu-law and A-law (ITU-T G.711, tables 1 and 2), from tables built here: Python 3.13 has no `audioop`.

Each code owns one run of sample magnitudes, so the whole encoder is a table of 65536 octets made of 256 runs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

RATE = 8000
"""Samples a second of G.711 (RFC 3551 4.5.14)."""
_HALF = 32768


def _runs(starts: Sequence[int], length: int) -> bytes:
    """Magnitude -> code: code i owns the magnitudes from starts[i] up to the next start."""
    ends = [*starts[1:], length]
    return b"".join(
        bytes((code,)) * (end - start)
        for code, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def _ulaw_starts() -> list[int]:
    """Smallest magnitude of each code: a magnitude plus 132, cut to its five leading bits."""
    return [max(0, ((16 + (code & 15)) << (code >> 4) + 3) - 132) for code in range(128)]


def _alaw_starts() -> list[int]:
    """Smallest magnitude of each code: 16 wide steps in the first two segments, then doubling."""
    return [_alaw_base(code) << max(0, (code >> 4) - 1) for code in range(128)]


def _alaw_base(code: int) -> int:
    return (code & 15) + (16 if code >= 16 else 0) << 4


def _ulaw_value(code: int) -> int:
    return ((((code & 15) << 3) + 132) << (code >> 4)) - 132


def _alaw_value(code: int) -> int:
    return _alaw_base(code) + 8 << max(0, (code >> 4) - 1)


@dataclass(frozen=True)
class Codec:
    """One of the two laws: `encode` makes one octet of each sample, `decode` one sample of each octet."""

    name: str
    payload_type: int
    """Static RTP payload type (RFC 3551 table 4)."""
    silence: int
    """The octet that decodes nearest to zero."""

    @cached_property
    def decode_table(self) -> array[int]:
        """256 samples, index = octet."""
        if self.name == "PCMU":
            positive = [_ulaw_value(0x7F ^ octet) for octet in range(128)]
            return array("h", [-value for value in positive] + positive)
        positive = [_alaw_value(octet ^ 0x55) for octet in range(128)]
        return array("h", [-value for value in positive] + positive)

    @cached_property
    def encode_table(self) -> bytes:
        """65536 octets, index = sample; a negative index finds the second half as Python counts it."""
        if self.name == "PCMU":
            # Magnitude 0 is positive zero (FF); the negative half runs from -32768 up to -1.
            magnitudes = _runs(_ulaw_starts(), _HALF + 1)
            return _xor(magnitudes[:_HALF], 0xFF) + _xor(magnitudes[:0:-1], 0x7F)
        # A-law has no zero: sample -1 is the first of the negative magnitudes.
        magnitudes = _runs(_alaw_starts(), _HALF)
        return _xor(magnitudes, 0xD5) + _xor(magnitudes[::-1], 0x55)

    def encode(self, samples: Iterable[int]) -> bytes:
        """One octet of each 16-bit sample."""
        return bytes(map(self.encode_table.__getitem__, samples))

    def decode(self, octets: bytes) -> array[int]:
        """Samples of the octets; any octet is valid."""
        return array("h", map(self.decode_table.__getitem__, octets))


def _xor(octets: bytes, mask: int) -> bytes:
    return octets.translate(bytes(octet ^ mask for octet in range(256)))


PCMU = Codec("PCMU", 0, 0xFF)
PCMA = Codec("PCMA", 8, 0xD5)
CODECS = {codec.payload_type: codec for codec in (PCMU, PCMA)}
"""RTP payload type -> codec."""


@cache
def codec_named(name: str) -> Codec | None:
    """`PCMU`/`PCMA` in any case, or None."""
    return next((codec for codec in CODECS.values() if codec.name == name.upper()), None)


def round_trip(codec: Codec, samples: Iterable[int]) -> array[int]:
    """What a listener hears of `samples` when nothing is lost."""
    return codec.decode(codec.encode(samples))

# SPDX-License-Identifier: GPL-2.0-only
"""IVF files, the plain container of VP8: a header, then frames with length and time; all little-endian."""

from __future__ import annotations

import struct
from typing import BinaryIO

from perc_scapy.media.vp8 import Size

CLOCK = 90_000
"""Ticks a second of video over RTP (RFC 7741 section 4.1)."""
_HEADER = struct.Struct("<4sHH4sHHIII4x")


class IvfWriter:
    """Writes to a file that can seek: `close` puts the number of frames into the header."""

    def __init__(self, stream: BinaryIO, size: Size, *, codec: bytes = b"VP80") -> None:
        self._stream, self._size, self._codec = stream, size, codec
        self.frames = 0
        stream.write(self._header())

    def frame(self, time: int, data: bytes) -> None:
        """`time`: ticks since the first frame; must not fall."""
        self._stream.write(struct.pack("<IQ", len(data), time) + data)
        self.frames += 1

    def close(self) -> None:
        """The underlying file stays open."""
        self._stream.seek(0)
        self._stream.write(self._header())

    def _header(self) -> bytes:
        return _HEADER.pack(b"DKIF", 0, 32, self._codec, *self._size, CLOCK, 1, self.frames)

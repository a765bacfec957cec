# SPDX-License-Identifier: GPL-2.0-only
"""Opus in Ogg files, written packet by packet (RFC 3533, RFC 7845)."""

from __future__ import annotations

import struct
import zlib
from typing import Protocol

from perc_scapy.media.opus import RATE

PRE_SKIP = 312
"""Samples that decoders drop at the front: the delay of the usual encoder."""
PAGE_SAMPLES = RATE
"""A page is written when it plays this long."""
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_MAX_SEGMENTS = 255
_MIRRORED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


class Sink(Protocol):
    """Takes octets; a binary file does."""

    def write(self, data: bytes, /) -> object: ...


def checksum(page: bytes) -> int:
    """CRC-32 of Ogg (RFC 3533 section 6): polynomial 04C11DB7, not mirrored, from zero, not inverted at the end.

    zlib's is the mirrored one; its start and end values are made undone.
    """
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


class OggOpusWriter:
    """One logical stream. `close` writes the last page; without it the file lacks at most a second."""

    def __init__(self, stream: Sink, *, serial: int, channels: int = 1, title: str = "") -> None:
        self._stream, self._serial = stream, serial & 0xFFFFFFFF
        self._number = 0
        self._lacing, self._body = bytearray(), bytearray()
        self._paged = 0
        self.samples = 0
        """Played by all packets so far."""
        head = b"OpusHead" + struct.pack("<BBHIhB", 1, channels, PRE_SKIP, RATE, 0, 0)
        self._page(_FIRST, 0, _laced(len(head)), head)
        tags = _tags(title)
        self._page(0, 0, _laced(len(tags)), tags)

    def packet(self, data: bytes, samples: int) -> None:
        """`samples`: how long it plays, of 48000 a second. `data`: at most 1275 * 48 octets of one packet."""
        lacing = _laced(len(data))
        full = self.samples - self._paged >= PAGE_SAMPLES
        if self._lacing and (full or len(self._lacing) + len(lacing) > _MAX_SEGMENTS):
            self._flush(0)
        self._lacing += lacing
        self._body += data
        self.samples += samples

    def close(self) -> None:
        """End of stream; the underlying file stays open."""
        self._flush(_LAST)

    def _flush(self, flags: int) -> None:
        self._page(flags, self.samples, bytes(self._lacing), bytes(self._body))
        self._lacing.clear()
        self._body.clear()
        self._paged = self.samples

    def _page(self, flags: int, granule: int, lacing: bytes, body: bytes) -> None:
        """`granule`: samples up to the end of the page's last packet."""
        front = struct.pack("<4sBBqII", b"OggS", 0, flags, granule, self._serial, self._number)
        rest = bytes((len(lacing),)) + lacing + body
        crc = checksum(front + bytes(4) + rest)
        self._stream.write(front + struct.pack("<I", crc) + rest)
        self._number += 1


def _laced(length: int) -> bytes:
    """Segment lengths of a packet: 255 means that it goes on (RFC 3533 section 5)."""
    return b"\xff" * (length // 255) + bytes((length % 255,))


def _tags(title: str) -> bytes:
    vendor = b"perc-scapy"
    comments = [f"TITLE={title}".encode()] if title else []
    body = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(comments))
    return b"OpusTags" + body + b"".join(struct.pack("<I", len(c)) + c for c in comments)

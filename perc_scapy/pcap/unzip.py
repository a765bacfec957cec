# SPDX-License-Identifier: GPL-2.0-only
"""gzip as a stream: what is whole of a file that was cut short or damaged comes out (RFC 1952)."""

from __future__ import annotations

import zlib

from perc_scapy.pcap.frames import CaptureDamaged, Source

MAGIC = b"\x1f\x8b"
_STEP = 1 << 14
"""Packed octets looked at together."""
_GZIP = 16 + zlib.MAX_WBITS


class Unzipped:
    """The octets inside, a little at a time; one member after the other. What follows the last one is left out.

    `read` raises `CaptureDamaged` once everything before the damage was given.
    """

    def __init__(self, packed: Source) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP)
        self._damage = ""

    def read(self, size: int = 1 << 16) -> bytes:
        """At most `size` octets, more only before damage; empty at the end."""
        while True:
            if self._damage:
                raise CaptureDamaged(self._damage)
            if self._member.eof and not self._next_member():
                return b""
            packed = self._member.unconsumed_tail or self._packed.some(_STEP)
            data = self._unpack(packed, size)
            if data:
                return data
            if not packed and not self._member.eof:
                self._damage = "gzip data cut short"

    def _unpack(self, packed: bytes, size: int) -> bytes:
        before = self._member.copy()
        try:
            return self._member.decompress(packed, size)
        except zlib.error:
            self._damage = "gzip data damaged"
        data = bytearray()
        try:
            for at in range(len(packed)):
                data += before.decompress(packed[at : at + 1])
        except zlib.error:  # again, but now with all that stood before
            pass
        return bytes(data)

    def _next_member(self) -> bool:
        left = self._member.unused_data
        if len(left) < len(MAGIC):
            left += self._packed.some(_STEP)
        if left[: len(MAGIC)] != MAGIC:
            return False
        self._packed.give_back(left)
        self._member = zlib.decompressobj(_GZIP)
        return True

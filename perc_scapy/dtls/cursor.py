# SPDX-License-Identifier: BSD-3-Clause
"""Reading and writing TLS presentation language (RFC 5246 section 4): integers and length-prefixed vectors."""

from __future__ import annotations

import struct

from perc_scapy.errors import DecodeError, EncodeError


class Cursor:
    """A position in untrusted bytes. Every method raises `DecodeError` when the bytes do not suffice."""

    __slots__ = ("data", "limit", "position", "what")

    def __init__(self, data: bytes, what: str) -> None:
        self.data, self.limit, self.position, self.what = data, len(data), 0, what

    def _short(self) -> DecodeError:
        return DecodeError(f"{self.what}: cut short", self.limit)

    def take(self, length: int) -> bytes:
        """The next `length` octets."""
        start = self.position
        end = self.position = start + length
        if end > self.limit:
            raise self._short()
        return self.data[start:end]

    def uint(self, octets: int) -> int:
        """A big-endian integer of `octets` octets."""
        start = self.position
        end = self.position = start + octets
        if end > self.limit:
            raise self._short()
        return int.from_bytes(self.data[start:end], "big")

    def vector(self, prefix: int, minimum: int, maximum: int, item: int = 1) -> bytes:
        """`opaque<minimum..maximum>` behind a length of `prefix` octets; a multiple of `item`."""
        start = self.position + prefix
        if start > self.limit:
            raise self._short()
        length = int.from_bytes(self.data[self.position : start], "big")
        if not minimum <= length <= maximum or length % item:
            raise DecodeError(f"{self.what}: vector length {length} not allowed", self.position)
        end = self.position = start + length
        if end > self.limit:
            raise self._short()
        return self.data[start:end]

    @property
    def exhausted(self) -> bool:
        return self.position == self.limit

    def end(self) -> None:
        """Nothing may be left over."""
        if self.position != self.limit:
            raise DecodeError(f"{self.what}: octets left over", self.position)


def vector(data: bytes, prefix: int, minimum: int = 0, maximum: int | None = None) -> bytes:
    """`data` behind its length. Raises `EncodeError` outside the bounds."""
    limit = (1 << 8 * prefix) - 1 if maximum is None else maximum
    if not minimum <= len(data) <= limit:
        raise EncodeError(f"vector of {len(data)} octets, allowed {minimum} to {limit}")
    return len(data).to_bytes(prefix, "big") + data


def uint16_list(data: bytes) -> tuple[int, ...]:
    """Even-length octets as 16-bit integers."""
    return struct.unpack(f"!{len(data) // 2}H", data)


def uint16_octets(values: tuple[int, ...]) -> bytes:
    """16-bit integers as octets."""
    return struct.pack(f"!{len(values)}H", *values)

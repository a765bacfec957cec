# SPDX-License-Identifier: BSD-3-Clause
"""Reading and writing TLS presentation language (RFC 5246 section 4): integers and length-prefixed vectors."""

from __future__ import annotations

from perc_scapy.errors import DecodeError, EncodeError


class Cursor:
    """A position in untrusted bytes. Every method raises `DecodeError` when the bytes do not suffice."""

    __slots__ = ("data", "position", "what")

    def __init__(self, data: bytes, what: str) -> None:
        self.data, self.position, self.what = data, 0, what

    def take(self, length: int) -> bytes:
        """The next `length` octets."""
        start, end = self.position, self.position + length
        if end > len(self.data):
            raise DecodeError(f"{self.what}: cut short", len(self.data))
        self.position = end
        return self.data[start:end]

    def uint(self, octets: int) -> int:
        """A big-endian integer of `octets` octets."""
        return int.from_bytes(self.take(octets), "big")

    def vector(self, prefix: int, minimum: int, maximum: int, item: int = 1) -> bytes:
        """`opaque<minimum..maximum>` behind a length of `prefix` octets; a multiple of `item`."""
        start = self.position
        length = self.uint(prefix)
        if not minimum <= length <= maximum or length % item:
            raise DecodeError(f"{self.what}: vector length {length} not allowed", start)
        return self.take(length)

    @property
    def exhausted(self) -> bool:
        return self.position == len(self.data)

    def end(self) -> None:
        """Nothing may be left over."""
        if self.position != len(self.data):
            raise DecodeError(f"{self.what}: octets left over", self.position)


def vector(data: bytes, prefix: int, minimum: int = 0, maximum: int | None = None) -> bytes:
    """`data` behind its length. Raises `EncodeError` outside the bounds."""
    limit = (1 << 8 * prefix) - 1 if maximum is None else maximum
    if not minimum <= len(data) <= limit:
        raise EncodeError(f"vector of {len(data)} octets, allowed {minimum} to {limit}")
    return len(data).to_bytes(prefix, "big") + data


def uint16_list(data: bytes) -> tuple[int, ...]:
    """Even-length octets as 16-bit integers."""
    return tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))


def uint16_octets(values: tuple[int, ...]) -> bytes:
    """16-bit integers as octets."""
    return b"".join(value.to_bytes(2, "big") for value in values)

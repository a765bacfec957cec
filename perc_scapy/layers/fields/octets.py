# SPDX-License-Identifier: GPL-2.0-only
"""Octet strings: of fixed length, with a length prefix, sized by another field, up to the end, and trailers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from scapy.packet import Packet, fuzz
from scapy.volatile import RandBin, RandNum, VolatileValue

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers.fields.core import LAYERS, WireField, need, shown
from perc_scapy.layers.fields.relations import Size, as_size

FUZZ_LENGTH = 64
"""Longest random octet string that `fuzz()` makes for a field that allows more."""


def prefix_width(maximum: int) -> int:
    """Octets of a length prefix, from the largest legal length (RFC 5246 section 4.3)."""
    return (maximum.bit_length() + 7) // 8


class Octets(WireField):
    """Base of the octet strings. `content` names a layer that explains the octets to people."""

    __slots__ = ("content",)
    holds_packets = 1

    def __init__(
        self,
        name: str,
        default: bytes = b"",
        *,
        content: str | type | None = None,
        secret: bool = False,
    ) -> None:
        self.content = content
        super().__init__(name, default, secret)

    def h2i(self, pkt: Any, x: Any) -> Any:
        if isinstance(x, str):
            return bytes.fromhex(x)
        return bytes(x) if isinstance(x, (bytearray, memoryview)) else x

    def text(self, value: Any) -> str:
        return shown(value) if isinstance(value, bytes) else repr(value)

    def write(self, pkt: Any, value: Any) -> bytes:
        return b"" if value is None else bytes(value)

    def layer(self) -> Any:
        """The layer that `content` names, or None."""
        return LAYERS.get(self.content) if isinstance(self.content, str) else self.content

    def explained(self, pkt: Any, value: bytes) -> Any:
        """The octets, or the packet that `content` makes of them."""
        layer = self.layer()
        return value if layer is None or not value else layer.dissect_whole(value, pkt)

    def randval(self) -> VolatileValue[bytes]:
        return RandBin(RandNum(0, FUZZ_LENGTH))


class Fixed(Octets):
    """`opaque name[length]`."""

    __slots__ = ("length",)
    holds_packets = 0
    DATA: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(
        self, name: str, length: int, default: bytes | None = None, *, secret: bool = False
    ) -> None:
        self.length = length
        super().__init__(name, bytes(length) if default is None else default, secret=secret)

    def fixed_size(self) -> int:
        return self.length

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[bytes, int]:
        need(self.length, pos, end)
        return data[pos : pos + self.length], pos + self.length

    def write(self, pkt: Any, value: Any) -> bytes:
        octets = super().write(pkt, value)
        if len(octets) != self.length:
            raise EncodeError(f"{self.name}: has {len(octets)} octets, not {self.length}")
        return octets

    def randval(self) -> VolatileValue[bytes]:
        return RandBin(self.length)


class Opaque(Octets):
    """`opaque name<min..max>`: a length prefix, as wide as `max` needs, then the octets."""

    __slots__ = ("max", "min", "prefix")
    DATA: ClassVar[tuple[str, ...]] = ("min", "max", "prefix", "content")

    def __init__(
        self,
        name: str = "item",
        *,
        max: int,
        min: int = 0,
        default: bytes = b"",
        prefix: int | None = None,
        content: str | type | None = None,
        secret: bool = False,
    ) -> None:
        self.min, self.max = min, max
        self.prefix = prefix_width(max) if prefix is None else prefix
        super().__init__(name, default, content=content, secret=secret)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        start, stop = prefixed(self.prefix, data, pos, end)
        return self.explained(pkt, data[start:stop]), stop

    def write(self, pkt: Any, value: Any) -> bytes:
        return with_prefix(self.name, self.prefix, super().write(pkt, value))

    def check(self, value: Any) -> str | None:
        return outside(len(bytes(value)), self.min, self.max)

    def randval(self) -> VolatileValue[bytes]:
        return RandBin(RandNum(self.min, max(self.min, min(self.max, FUZZ_LENGTH))))


class Sized(Octets):
    """As many octets as another field says, within `min` and `max` when they are given."""

    __slots__ = ("max", "min", "size")
    DATA: ClassVar[tuple[str, ...]] = ("size", "min", "max", "content")

    def __init__(
        self,
        name: str,
        *,
        size: str | Size,
        min: int = 0,
        max: int | None = None,
        **options: Any,
    ) -> None:
        self.size, self.min, self.max = as_size(size), min, max
        super().__init__(name, **options)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        return self.explained(pkt, data[pos:end]), end

    def check(self, value: Any) -> str | None:
        octets = len(bytes(value))
        return outside(octets, self.min, octets if self.max is None else self.max)

    def randval(self) -> VolatileValue[bytes]:
        top = FUZZ_LENGTH if self.max is None else self.max
        return RandUnits(self.size, self.min, min(top, FUZZ_LENGTH))


class RandUnits(VolatileValue):
    """Random octets whose number the counting field can express."""

    def __init__(self, size: Size, least: int, most: int) -> None:
        self.size, self.least, self.most = size, least, most

    def _fix(self) -> bytes:
        unit, plus = self.size.unit, self.size.plus
        low = max(0, -(-(self.least - plus) // unit))
        return RandBin(RandNum(low, (self.most - plus) // unit)._fix() * unit + plus)._fix()


class Rest(Octets):
    """All octets up to the end of the layer's region, or up to the fields declared behind it.

    `counted_by`: a field that must agree with their number without limiting it, because it stands behind
    them (the length at the end of an EKT field).
    """

    __slots__ = ("counted_by",)
    DATA: ClassVar[tuple[str, ...]] = ("content", "counted_by")

    def __init__(
        self,
        name: str,
        default: bytes = b"",
        *,
        counted_by: str | Size | None = None,
        **options: Any,
    ) -> None:
        self.counted_by = as_size(counted_by)
        super().__init__(name, default, **options)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        return self.explained(pkt, data[pos:end]), end


class Trailer(Octets):
    """What is found from the END of the region: `peel(octets) -> (before, …)` from `wire.py` says how much.

    `content` explains it. The octets before it belong to the `Rest` declared in front.
    """

    __slots__ = ("peel",)
    DATA: ClassVar[tuple[str, ...]] = ("peel", "content")

    def __init__(
        self, name: str, *, peel: Callable[[bytes], tuple[bytes, Any]], **options: Any
    ) -> None:
        self.peel = peel
        super().__init__(name, **options)

    def randval(self) -> VolatileValue[bytes]:
        layer = self.layer()
        return RandBin(RandNum(0, FUZZ_LENGTH)) if layer is None else RandLayer(layer)

    def check(self, value: Any) -> str | None:
        try:
            before = self.peel(bytes(value))[0]
        except DecodeError as error:
            return error.what
        return f"reaches only over the last octets, {len(before)} are in front" if before else None

    def tail_size(self, data: bytes, pos: int, end: int) -> int:
        """Octets that this trailer takes from the end of `data[pos:end]`; raises `DecodeError`."""
        try:
            return end - pos - len(self.peel(data[pos:end])[0])
        except DecodeError as error:
            raise DecodeError(error.what, pos + (error.offset or 0)) from None

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        start = end - self.tail_size(data, pos, end)
        return self.explained(pkt, data[start:end]), end


class RandLayer(VolatileValue):
    """A fuzzed packet of one layer."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def _fix(self) -> Packet:
        return fuzz(self.layer())


def need_none(pos: int, end: int) -> None:
    """Raise `DecodeError` when octets are left between pos and end."""
    if pos != end:
        raise DecodeError(f"{end - pos} octets left over", pos)


def prefixed(width: int, data: bytes, pos: int, end: int) -> tuple[int, int]:
    """Bounds of the octets behind a length prefix at `pos`; raises `DecodeError`."""
    if end - pos < width:
        raise DecodeError(f"length prefix needs {width} octets, {end - pos} left", pos)
    start = pos + width
    stop = start + int.from_bytes(data[pos:start], "big")
    if stop > end:
        raise DecodeError(f"announces {stop - start} octets, {end - start} left", pos)
    return start, stop


def with_prefix(name: str, width: int, octets: bytes) -> bytes:
    """The octets behind their length; raises `EncodeError` when the prefix cannot say it."""
    if len(octets) >> 8 * width:
        raise EncodeError(f"{name}: {len(octets)} octets do not fit a {width}-octet length")
    return len(octets).to_bytes(width, "big") + octets


def outside(octets: int, minimum: int, maximum: int) -> str | None:
    """Why a length is outside its bounds, or None."""
    if octets < minimum:
        return f"has {octets} octets, at least {minimum} are required"
    return f"has {octets} octets, at most {maximum} are allowed" if octets > maximum else None

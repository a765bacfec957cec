# SPDX-License-Identifier: GPL-2.0-only
"""Unsigned integers: whole octets (`U8` … `U64`) and runs of bits (`Bits`)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, ClassVar

from scapy.volatile import RandChoice, RandNum, VolatileValue

from perc_scapy.errors import EncodeError
from perc_scapy.layers.fields.core import WireField, need


class Number(WireField):
    """An unsigned integer with an optional set of named values.

    `enum`: names of values (others stay legal numbers). `only`: the sole values that strict decoding
    accepts. Left None, `same_as` takes the value of another field, and `announces` is 1 when the named
    field is set (a flag in front of an optional part).
    """

    __slots__ = ("announces", "enum", "only", "same_as")
    DATA: ClassVar[tuple[str, ...]] = ("bits", "enum", "only", "same_as", "announces")

    def __init__(
        self,
        name: str = "item",
        default: int | None = 0,
        *,
        enum: type[IntEnum] | None = None,
        only: Iterable[int] | None = None,
        same_as: str | None = None,
        announces: str | None = None,
        secret: bool = False,
    ) -> None:
        self.enum, self.same_as, self.announces = enum, same_as, announces
        self.only = None if only is None else tuple(int(v) for v in only)
        super().__init__(name, default, secret)

    @property
    def bits(self) -> int:
        """Width in bits."""
        raise NotImplementedError

    def h2i(self, pkt: Any, x: Any) -> Any:
        if isinstance(x, str) and self.enum is not None:
            return int(self.enum[x.upper()])
        return x

    def text(self, value: Any) -> str:
        if self.enum is not None and isinstance(value, int):
            try:
                return self.enum(value).name
            except ValueError:
                pass
        return repr(value)

    def check(self, value: Any) -> str | None:
        if self.only is not None and value not in self.only:
            return f"value {value} is not among {', '.join(map(str, self.only))}"
        return None

    def randval(self) -> VolatileValue[Any]:
        # Known values matter most to a parser, so they come as often as all others together.
        known = self.only or (self.enum and [int(member) for member in self.enum])
        top = (1 << self.bits) - 1
        return KnownOrAny(known, top) if known else RandNum(0, top)


class KnownOrAny(RandNum):
    """Half of the time a value that has a meaning, else any."""

    def __init__(self, known: Iterable[int], top: int) -> None:
        super().__init__(0, top)
        self.known = RandChoice(*known)

    def _fix(self) -> int:
        return self.known._fix() if RandNum(0, 1)._fix() else super()._fix()


class _Whole(Number):
    """An integer of whole octets, big-endian."""

    width: ClassVar[int]

    @property
    def bits(self) -> int:
        return 8 * self.width

    def fixed_size(self) -> int:
        return self.width

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[int, int]:
        need(self.width, pos, end)
        return int.from_bytes(data[pos : pos + self.width], "big"), pos + self.width

    def write(self, pkt: Any, value: Any) -> bytes:
        try:
            return int(value or 0).to_bytes(self.width, "big")
        except OverflowError:
            raise EncodeError(f"{self.name}: {value} does not fit {self.width} octets") from None


class U8(_Whole):
    """uint8."""

    width = 1


class U16(_Whole):
    """uint16."""

    width = 2


class U24(_Whole):
    """uint24."""

    width = 3


class U32(_Whole):
    """uint32."""

    width = 4


class U48(_Whole):
    """uint48."""

    width = 6


class U64(_Whole):
    """uint64."""

    width = 8


class Bits(Number):
    """A number of `width` bits. Neighbouring `Bits` share octets, first field in the highest bits; such a
    run ends on an octet boundary and is read and written as one (by `layout.BitRun`).
    """

    __slots__ = ("width",)

    def __init__(self, name: str, width: int, default: int | None = 0, **options: Any) -> None:
        self.width = width
        super().__init__(name, default, **options)

    @property
    def bits(self) -> int:
        return self.width

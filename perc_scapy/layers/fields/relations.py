# SPDX-License-Identifier: GPL-2.0-only
"""How one field depends on another, as data: sizes counted elsewhere and conditions on earlier values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perc_scapy.errors import EncodeError

Get = Callable[[str], Any]
"""Gives the value of an earlier field of the same layer by name."""


@dataclass(frozen=True)
class Size:
    """Octets (or items) = value of `field` * `unit` + `plus`. RTCP counts words, RFC 8285 length - 1."""

    field: str
    unit: int = 1
    plus: int = 0
    pad: bool = False
    """Building fills the region with zero octets up to a whole unit."""

    def octets(self, value: int) -> int:
        return value * self.unit + self.plus

    def padding(self, octets: int) -> bytes:
        """Zero octets that a body of this size gets behind it."""
        return bytes(-(octets - self.plus) % self.unit) if self.pad else b""

    def value(self, octets: int) -> int:
        """What the counting field says for a region of so many octets; `EncodeError` if it cannot."""
        count, rest = divmod(octets - self.plus, self.unit)
        if rest or count < 0:
            raise EncodeError(f"{self.field}: cannot count {octets} octets in units of {self.unit}")
        return count


def as_size(size: str | Size | None) -> Size | None:
    """`"length"` is short for `Size("length")`."""
    return Size(size) if isinstance(size, str) else size


class Condition:
    """True or false from the values of earlier fields."""

    fields: tuple[str, ...]

    def holds(self, get: Get) -> bool:
        raise NotImplementedError

    def source(self, variable: Callable[[str], str]) -> str:
        """The same as a Python expression, for the compiler."""
        raise NotImplementedError


@dataclass(frozen=True, init=False)
class Equals(Condition):
    """The field has one of these values."""

    field: str
    values: tuple[int, ...]

    def __init__(self, field: str, *values: int) -> None:
        object.__setattr__(self, "field", field)
        object.__setattr__(self, "values", tuple(int(v) for v in values))

    @property
    def fields(self) -> tuple[str, ...]:  # type: ignore[override]
        return (self.field,)

    def holds(self, get: Get) -> bool:
        value = get(self.field)
        return isinstance(value, int) and value in self.values

    def source(self, variable: Callable[[str], str]) -> str:
        if len(self.values) == 1:
            return f"{variable(self.field)} == {self.values[0]}"
        return f"{variable(self.field)} in {self.values!r}"


@dataclass(frozen=True, init=False)
class NotEquals(Equals):
    """The field has none of these values."""

    def __init__(self, field: str, *values: int) -> None:
        Equals.__init__(self, field, *values)

    def holds(self, get: Get) -> bool:
        value = get(self.field)
        return isinstance(value, int) and value not in self.values

    def source(self, variable: Callable[[str], str]) -> str:
        return f"{variable(self.field)} not in {self.values!r}"


@dataclass(frozen=True)
class BitSet(Condition):
    """At least one bit of `mask` is set in the field."""

    field: str
    mask: int = 1

    @property
    def fields(self) -> tuple[str, ...]:  # type: ignore[override]
        return (self.field,)

    def holds(self, get: Get) -> bool:
        value = get(self.field)
        return isinstance(value, int) and bool(value & self.mask)

    def source(self, variable: Callable[[str], str]) -> str:
        return f"{variable(self.field)} & {self.mask}"


@dataclass(frozen=True)
class Same(Condition):
    """Two fields are equal (a handshake message is unfragmented when length == fragment length)."""

    left: str
    right: str

    @property
    def fields(self) -> tuple[str, ...]:  # type: ignore[override]
        return (self.left, self.right)

    def holds(self, get: Get) -> bool:
        left, right = get(self.left), get(self.right)
        # A count that is left open will be filled in; nothing contradicts it yet.
        return left is None or right is None or left == right

    def source(self, variable: Callable[[str], str]) -> str:
        return f"{variable(self.left)} == {variable(self.right)}"

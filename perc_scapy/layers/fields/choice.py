# SPDX-License-Identifier: GPL-2.0-only
"""Fields whose form or presence depends on others: `Select`, `Present`, `OptionalTail`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, ClassVar

from scapy.fields import ConditionalField
from scapy.packet import Packet, fuzz
from scapy.volatile import VolatileValue

from perc_scapy.errors import DecodeError
from perc_scapy.layers.fields.core import AUTO, OPAQUE, WireField, shown
from perc_scapy.layers.fields.relations import Condition, Get, Size, as_size

REST = Size("", 0)
"""`size=REST`: the body reaches to the end of the layer's region."""


class Select(WireField):
    """A body whose form another field, written before, decides (RFC 5246 section 4.6.1: variants).

    `cases` maps values of `on` (tuples when `on` names several fields) to layer classes. Selectors
    without a case are refused, or have plain octets when `other=OPAQUE`; so have bodies while `when` does
    not hold. `size` limits the body (a field that counts it, or REST); without it the body ends itself.
    """

    __slots__ = ("cases", "keys", "on", "other", "size", "when")
    DATA: ClassVar[tuple[str, ...]] = ("on", "cases", "size", "other", "when")
    holds_packets = 1

    def __init__(
        self,
        name: str,
        *,
        on: str | tuple[str, ...],
        cases: Mapping[Any, type],
        size: str | Size | None = None,
        other: Any = None,
        when: Condition | None = None,
        secret: bool = False,
    ) -> None:
        self.on = (on,) if isinstance(on, str) else on
        self.cases = {_key(value): cls for value, cls in cases.items()}
        self.keys = {cls: key for key, cls in reversed(self.cases.items())}
        self.size, self.other, self.when = as_size(size), other, when
        super().__init__(name, AUTO, secret)

    def case(self, get: Get) -> Any:
        """The layer class for the values that `get` gives, OPAQUE, or None when there is no such body."""
        if self.when is not None and not self.when.holds(get):
            return OPAQUE
        values = tuple(get(name) for name in self.on)
        if any(value is None for value in values):
            return next(iter(self.cases.values()))
        if not all(isinstance(value, int) for value in values):
            return self.other
        return self.cases.get(values, self.other)

    def key_of(self, body: Any, selector: str) -> int | None:
        """Value that `selector` needs for this body, or None when no case has its class."""
        if body is AUTO:
            return next(iter(self.cases))[self.on.index(selector)]
        key = self.keys.get(type(body))
        return None if key is None else key[self.on.index(selector)]

    def any2i(self, pkt: Any, x: Any) -> Any:
        return AUTO if x is None else bytes(x) if isinstance(x, (bytearray, memoryview)) else x

    def i2h(self, pkt: Any, x: Any) -> Any:
        # Looking at a body that was left to its selector makes it, so that its fields can be set.
        if x is AUTO and isinstance(pkt, Packet):
            x = pkt.fields[self.name] = self.default_body(pkt)
        return x

    def default_body(self, pkt: Any) -> Any:
        """An empty body of the class that the selector asks for."""
        case = self.case(pkt.known)
        return case() if isinstance(case, type) else b""

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        case = self.case(pkt.known)
        if not isinstance(case, type):
            if case is None and self.size is None:
                raise DecodeError(f"{self._selected(pkt)} has no defined body", pos)
            return data[pos:end], end
        if self.size is None:
            return case.dissect_prefix(data, pos, end, pkt)
        return case.dissect_whole(data[pos:end], pkt), end

    def _selected(self, pkt: Any) -> str:
        return ", ".join(f"{name} {pkt.getfieldval(name)}" for name in self.on)

    def problem(self, pkt: Any, value: Any) -> str | None:
        """Why the body does not fit its selector, or None."""
        case = self.case(pkt.known)
        if case is None:
            return f"{self._selected(pkt)} has no defined body"
        if isinstance(case, type) and not isinstance(value, case):
            return f"{self._selected(pkt)} asks for {case.__name__}"
        return None

    def write(self, pkt: Any, value: Any) -> bytes:
        return bytes(self.default_body(pkt) if value is AUTO or value is None else value)

    def text(self, value: Any) -> str:
        return shown(value) if isinstance(value, bytes) else repr(value)

    def randval(self) -> VolatileValue[Any]:
        return RandBody(self)


class Nested(Select):
    """One packet of a layer inside another. It ends itself, or `size` limits it."""

    __slots__ = ("layer",)
    DATA: ClassVar[tuple[str, ...]] = ("layer", "size")

    def __init__(self, name: str, layer: type, *, size: str | Size | None = None) -> None:
        self.layer = layer
        super().__init__(name, on=(), cases={(): layer}, size=size)


def _key(value: Any) -> tuple[int, ...]:
    return tuple(int(v) for v in value) if isinstance(value, tuple) else (int(value),)


class RandBody(VolatileValue):
    """One of the bodies of a Select, itself fuzzed."""

    def __init__(self, field: Select) -> None:
        self.field = field

    def _fix(self) -> Packet:
        # Scapy's fuzz() draws from the same generator, so `random.seed` makes both repeatable.
        return fuzz(random.choice(list(self.field.cases.values()))())  # noqa: S311


class Present(ConditionalField):
    """A field that is there only while a condition on earlier fields holds."""

    __slots__ = ("when",)

    def __init__(self, fld: WireField, *, when: Condition) -> None:
        self.when = when
        super().__init__(fld, self.holds)

    def holds(self, pkt: Any) -> bool:
        return self.when.holds(pkt.known)

    def copy(self) -> Present:
        return Present(self.fld.copy(), when=self.when)


class OptionalTail(ConditionalField):
    """A last field that may be missing altogether: it is there when octets are left (hello extensions).

    Its value is None when it is missing, which is not the same as empty.
    """

    __slots__ = ()

    def __init__(self, fld: WireField) -> None:
        fld.default = None
        super().__init__(fld, self.holds)

    def holds(self, pkt: Any) -> bool:
        return pkt.getfieldval(self.fld.name) is not None

    def any2i(self, pkt: Any, x: Any) -> Any:
        return None if x is None else self.fld.any2i(pkt, x)

    def copy(self) -> OptionalTail:
        return OptionalTail(self.fld.copy())

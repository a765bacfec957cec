# SPDX-License-Identifier: GPL-2.0-only
"""Lists: with an octet-counted prefix, with a count elsewhere, or repeated up to the end."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from scapy.fields import RawVal
from scapy.packet import Packet, Raw, fuzz
from scapy.volatile import RandNum, VolatileValue

from perc_scapy.errors import DecodeError
from perc_scapy.layers.fields.core import Malformed, WireField
from perc_scapy.layers.fields.octets import outside, prefix_width, prefixed, with_prefix
from perc_scapy.layers.fields.relations import Size, as_size

FUZZ_ITEMS = 5
"""Most items that `fuzz()` puts into a list."""


class Items(WireField):
    """Base of the lists. `item` is a field without a name (U16, Opaque …) or a layer class."""

    __slots__ = ("holds_packets", "item")
    DATA: ClassVar[tuple[str, ...]] = ("item",)
    islist = 1

    def __init__(self, name: str, item: Any, default: Any = (), *, secret: bool = False) -> None:
        self.item = item
        self.holds_packets = int(isinstance(item, type))
        super().__init__(name, default, secret)

    def h2i(self, pkt: Any, x: Any) -> Any:
        if x is None:
            return ()
        if not isinstance(x, (list, tuple)):
            return x if isinstance(x, (VolatileValue, RawVal)) else [x]
        return x if self.holds_packets else type(x)(self.item.h2i(pkt, v) for v in x)

    def i2h(self, pkt: Any, x: Any) -> Any:
        # The default is an empty tuple, so that fuzz() replaces it; who looks at it gets a list of his own.
        if isinstance(x, tuple) and isinstance(pkt, Packet):
            x = pkt.fields[self.name] = list(x)
        return x

    def i2count(self, pkt: Any, x: Any) -> int:
        return len(x)

    def text(self, value: Any) -> str:
        if self.holds_packets or not isinstance(value, (list, tuple)):
            return repr(value)
        return f"[{', '.join(self.item.i2repr(None, v) for v in value)}]"

    def read_some(self, pkt: Any, data: bytes, pos: int, end: int, count: int) -> tuple[list, int]:
        """At most `count` items (-1: all) out of `data[pos:end]`."""
        if self.holds_packets:
            return self._packets(pkt, data, pos, end, count)
        return self._values(pkt, data, pos, end, count)

    def _packets(self, pkt: Any, data: bytes, pos: int, end: int, count: int) -> tuple[list, int]:
        found: list[Any] = []
        while pos < end and len(found) != count:
            packet, after = self.item.dissect_prefix(data, pos, end, pkt)
            if after == pos:
                packet, after = Raw(data[pos:end]), end
            found.append(packet)
            pos = after
        return found, pos

    def _values(self, pkt: Any, data: bytes, pos: int, end: int, count: int) -> tuple[list, int]:
        found: list[Any] = []
        while pos < end and len(found) != count:
            try:
                value, pos = self.item.read(pkt, data, pos, end)
            except DecodeError as error:
                value, pos = Malformed(data[pos:end], f"incomplete item: {error.what}"), end
            found.append(value)
        return found, pos

    def write(self, pkt: Any, value: Any) -> bytes:
        return b"".join(self.write_item(pkt, v) for v in value or ())

    def write_item(self, pkt: Any, value: Any) -> bytes:
        """Octets of one item."""
        if self.holds_packets or isinstance(value, (RawVal, Packet)):
            return bytes(value)
        return self.item.write(pkt, value)

    def check(self, value: Any) -> str | None:
        for index, item in enumerate(value):
            reason = self.check_item(item)
            if reason is not None:
                return f"item {index}: {reason}"
        return None

    def check_item(self, item: Any) -> str | None:
        """Why one item is forbidden, or None. What lies inside packets is reported by themselves."""
        if isinstance(item, Malformed):
            return item.reason
        if self.holds_packets:
            return "octets that form no item" if isinstance(item, Raw) else None
        return self.item.check(item)

    def randval(self) -> VolatileValue[Any]:
        return RandItems(self.item, max(1, getattr(self, "min", 0) and 1))


class Vector(Items):
    """`Item name<min..max>`: a prefix that counts OCTETS, as wide as `max` needs, then the items."""

    __slots__ = ("max", "min", "prefix")
    DATA: ClassVar[tuple[str, ...]] = ("item", "min", "max", "prefix")

    def __init__(
        self,
        name: str,
        item: Any,
        *,
        max: int,
        min: int = 0,
        default: Any = (),
        prefix: int | None = None,
        secret: bool = False,
    ) -> None:
        self.min, self.max = min, max
        self.prefix = prefix_width(max) if prefix is None else prefix
        super().__init__(name, item, default, secret=secret)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        start, stop = prefixed(self.prefix, data, pos, end)
        return self.read_some(pkt, data, start, stop, -1)

    def write(self, pkt: Any, value: Any) -> bytes:
        return with_prefix(self.name, self.prefix, super().write(pkt, value))

    def check(self, value: Any) -> str | None:
        octets = sum(len(self.write_item(None, v)) for v in value)
        return super().check(value) or outside(octets, self.min, self.max)


class Counted(Items):
    """As many items as another field says (RTP: CC contributing sources)."""

    __slots__ = ("count",)
    DATA: ClassVar[tuple[str, ...]] = ("item", "count")

    def __init__(self, name: str, item: Any, *, count: str | Size, **options: Any) -> None:
        self.count = as_size(count)
        super().__init__(name, item, **options)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        count = self.count.octets(pkt.getfieldval(self.count.field))
        return self.read_some(pkt, data, pos, end, count) if count > 0 else ([], pos)


class RepeatToEnd(Items):
    """Items up to the end of the layer's region: records of a datagram, parts of compound RTCP."""

    __slots__ = ("min",)
    DATA: ClassVar[tuple[str, ...]] = ("item", "min")

    def __init__(self, name: str, item: Any, *, min: int = 0, **options: Any) -> None:
        self.min = min
        super().__init__(name, item, **options)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        return self.read_some(pkt, data, pos, end, -1)

    def check(self, value: Any) -> str | None:
        if len(value) < self.min:
            return f"has {len(value)} items, at least {self.min} are required"
        return super().check(value)


class Terminated(Items):
    """Items up to an octet 0, behind which zero octets fill a multiple of `unit` octets (SDES chunks).

    No item begins with 0.
    """

    __slots__ = ("unit",)
    DATA: ClassVar[tuple[str, ...]] = ("item", "unit")

    def __init__(self, name: str, item: Any, *, unit: int = 1, **options: Any) -> None:
        self.unit = unit
        super().__init__(name, item, **options)

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        start, found = pos, []
        while pos < end and data[pos]:
            items, pos = self.read_some(pkt, data, pos, end, 1)
            found += items
        return found, self.read_zeros(data, start, pos, end)

    def read_zeros(self, data: bytes, start: int, pos: int, end: int) -> int:
        """The position behind the terminator of items in `data[start:pos]`; raises `DecodeError`."""
        stop = pos + len(self.zeros(pos - start))
        if stop > end or any(data[pos:stop]):
            raise DecodeError(f"not ended by zero octets up to a multiple of {self.unit}", pos)
        return stop

    def zeros(self, octets: int) -> bytes:
        """Terminator and filling behind items of so many octets."""
        return bytes(self.unit - octets % self.unit)

    def write(self, pkt: Any, value: Any) -> bytes:
        octets = super().write(pkt, value)
        return octets + self.zeros(len(octets))

    def check_item(self, item: Any) -> str | None:
        if not self.write_item(None, item)[:1].strip(b"\0"):
            return "begins with the octet that ends the list"
        return super().check_item(item)


class RandItems(VolatileValue):
    """A random list of random items, for `fuzz()`."""

    def __init__(self, item: Any, least: int = 0) -> None:
        self.item, self.least = item, least

    def _fix(self) -> list[Any]:
        count = RandNum(self.least, FUZZ_ITEMS)._fix()
        if isinstance(self.item, type):
            kinds = self.item.kinds() if hasattr(self.item, "kinds") else [self.item]
            # Scapy's fuzz() draws from the same generator, so `random.seed` makes both repeatable.
            return [fuzz(random.choice(kinds)()) for _ in range(count)]  # noqa: S311
        return [self.item.randval()._fix() for _ in range(count)]

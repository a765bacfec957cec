# SPDX-License-Identifier: GPL-2.0-only
"""A layer's `fields_desc` as ordered steps with their dependencies resolved; made once for each class.

Dissection, building, fault finding and the compiler all walk these steps, so they cannot disagree about
which field counts which, where a run of bits ends, or what a trailer leaves to the field in front of it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from scapy.fields import ConditionalField, RawVal

from perc_scapy.errors import EncodeError
from perc_scapy.layers.fields.choice import REST, OptionalTail, Select
from perc_scapy.layers.fields.core import Malformed, WireField, absent, need
from perc_scapy.layers.fields.items import Counted, RepeatToEnd
from perc_scapy.layers.fields.numbers import Bits, Number
from perc_scapy.layers.fields.octets import Rest, Trailer
from perc_scapy.layers.fields.relations import Size


class FieldStep:
    """One field, with its presence condition and the steps behind it that end the region."""

    def __init__(self, declared: Any) -> None:
        self.wrapper = declared if isinstance(declared, ConditionalField) else None
        self.field: WireField = declared.fld if self.wrapper else declared
        self.name: str = self.field.name
        self.names = (self.name,)
        size = getattr(self.field, "size", None)
        self.to_end = size is REST or isinstance(self.field, (Rest, RepeatToEnd, Trailer))
        self.size: Size | None = None if size is REST else size
        self.behind: list[Any] = []

    @property
    def optional(self) -> bool:
        return isinstance(self.wrapper, OptionalTail)

    def fixed_size(self) -> int | None:
        """Octets when the step is always there and always equally long, else None."""
        return None if self.wrapper else self.field.fixed_size()

    def present(self, pkt: Any) -> bool:
        """Does this packet have the field?"""
        return self.wrapper is None or self.wrapper.holds(pkt)

    def limit(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        """Where the field's own region ends; raises `DecodeError` when the trailers do not fit."""
        if self.size is not None:
            value = pkt.getfieldval(self.size.field)
            return (
                min(end, pos + max(0, self.size.octets(value))) if isinstance(value, int) else end
            )
        if self.to_end:
            for step in reversed(self.behind):
                end -= step.tail_size(pkt, data, pos, end)
        return end

    def tail_size(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        """Octets that this step takes at the end of a region, when a field before it is open-ended."""
        if not self.present(pkt):
            return 0
        if isinstance(self.field, Trailer):
            return self.field.tail_size(data, pos, end)
        size = self.field.fixed_size() or 0
        need(size, pos, end)
        return size

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        """Put the value into `pkt.fields` and return the position behind it; raises `DecodeError`."""
        if self.optional:
            if pos >= end:
                pkt.fields[self.name] = None
                return pos
        elif not self.present(pkt):
            return pos
        limit = self.limit(pkt, data, pos, end)
        pkt.fields[self.name], pos = self.field.read(pkt, data, pos, limit)
        return pos

    def stop(self, pkt: Any, octets: bytes, reason: str) -> None:
        """Mark the field as the one where dissection ended."""
        pkt.fields[self.name] = Malformed(octets, reason)

    def waits(self, pkt: Any, layout: Layout) -> bool:
        """True when the value is left to be found from parts that must be built before."""
        return pkt.getfieldval(self.name) is None and self.name in layout.automatic

    def write(self, pkt: Any, layout: Layout, parts: dict[str, bytes]) -> bytes:
        if not self.present(pkt):
            return b""
        value = layout.value(pkt, parts, self.name)
        octets = bytes(value) if isinstance(value, RawVal) else self.field.write(pkt, value)
        # Padding completes what we build; octets that came with their count stay as they were.
        if self.size is not None and pkt.getfieldval(self.size.field) is None:
            octets += self.size.padding(len(octets))
        return octets


class BitRun:
    """Neighbouring `Bits` that share whole octets."""

    wrapper, optional, to_end, size = None, False, False, None

    def __init__(self) -> None:
        self.fields: list[Bits] = []
        self.behind: list[Any] = []

    @property
    def name(self) -> str:
        return self.fields[0].name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def shifts(self) -> list[tuple[Bits, int]]:
        """Each field with the place of its lowest bit."""
        left, found = 8 * self.fixed_size(), []
        for field in self.fields:
            left -= field.width
            found.append((field, left))
        return found

    def fixed_size(self) -> int:
        return sum(field.width for field in self.fields) // 8

    def present(self, pkt: Any) -> bool:
        return True

    def tail_size(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        need(self.fixed_size(), pos, end)
        return self.fixed_size()

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        need(self.fixed_size(), pos, end)
        after = pos + self.fixed_size()
        number = int.from_bytes(data[pos:after], "big")
        for field, shift in self.shifts():
            pkt.fields[field.name] = number >> shift & ((1 << field.width) - 1)
        return after

    def stop(self, pkt: Any, octets: bytes, reason: str) -> None:
        for field in self.fields:
            pkt.fields[field.name] = absent()
        pkt.fields[self.name] = Malformed(octets, reason)

    def waits(self, pkt: Any, layout: Layout) -> bool:
        return any(pkt.getfieldval(n) is None and n in layout.automatic for n in self.names)

    def write(self, pkt: Any, layout: Layout, parts: dict[str, bytes]) -> bytes:
        values = [layout.value(pkt, parts, name) for name in self.names]
        if any(isinstance(value, RawVal) for value in values):
            return b"".join(bytes(value) for value in values if isinstance(value, RawVal))
        number = 0
        for field, value in zip(self.fields, values, strict=True):
            if not 0 <= int(value or 0) < 1 << field.width:
                raise EncodeError(f"{field.name}: {value} does not fit {field.width} bits")
            number = number << field.width | int(value or 0)
        return number.to_bytes(self.fixed_size(), "big")


Step = FieldStep | BitRun


class WholeLayer:
    """What a field counts that counts all octets of its own layer (RTCP's length)."""

    name = ""

    def __init__(self, size: Size, steps: list[Step]) -> None:
        self.size, self.steps = size, steps

    def octets(self, parts: dict[str, bytes]) -> int:
        """Octets of the layer; a part that waits for this count has a fixed size."""
        return sum(len(parts[s.name]) or s.fixed_size() or 0 for s in self.steps)


class Layout:
    """The steps of one layer class, and its fields by name.

    `counted`: counting field -> the field it counts; `derived`: those of them whose value always follows,
    because neither side is `conditional`. `selected`: selector -> its Select.
    `copies` and `announced`: field -> the field it takes its value from, or announces.
    """

    def __init__(self, cls: Any) -> None:
        self.cls, self.steps = cls, _steps(cls.fields_desc)
        for index, step in enumerate(self.steps):
            step.behind = self.steps[index + 1 :] if step.to_end else []
        self.fields: dict[str, WireField] = {f.name: getattr(f, "fld", f) for f in cls.fields_desc}
        self.counted: dict[str, WireField] = {}
        self.selected: dict[str, Select] = {}
        for field in self.fields.values():
            self._relate(field)
        if cls.whole is not None:
            self.counted[cls.whole.field] = WholeLayer(cls.whole, self.steps)
        self.conditional = {step.name for step in self.steps if step.wrapper is not None}
        self.derived = {
            name
            for name, field in self.counted.items()
            if name not in self.conditional and field.name not in self.conditional
        }
        numbers = [f for f in self.fields.values() if isinstance(f, Number)]
        self.copies = {f.name: f.same_as for f in numbers if f.same_as}
        self.announced = {f.name: f.announces for f in numbers if f.announces}
        self.automatic = {*self.counted, *self.selected, *self.copies, *self.announced}

    def _relate(self, field: WireField) -> None:
        size = sizing(field)
        if size is not None:
            self.counted[size.field] = field
        if isinstance(field, Select):
            self.selected.update((name, field) for name in field.on)

    def parts(self, pkt: Any) -> dict[str, bytes]:
        """Octets of every step in wire order; counts and selectors left None are filled in last."""
        parts: dict[str, bytes] = {}
        late = []
        for step in self.steps:
            if step.waits(pkt, self):
                parts[step.name] = b""
                late.append(step)
            else:
                parts[step.name] = step.write(pkt, self, parts)
        self._fill_words(pkt, parts)
        for step in late:
            parts[step.name] = step.write(pkt, self, parts)
        return parts

    def _fill_words(self, pkt: Any, parts: dict[str, bytes]) -> None:
        """Zero octets behind the last part, so that a layer whose length is filled in can be counted."""
        whole = self.cls.whole
        if whole is not None and pkt.getfieldval(whole.field) is None:
            octets = self.counted[whole.field].octets(parts)
            parts[self.steps[-1].name] += whole.padding(octets)

    def value(self, pkt: Any, parts: dict[str, bytes], name: str) -> Any:
        """The field's value, or, when it is None, the one that follows from the other fields."""
        value = pkt.getfieldval(name)
        if value is not None or name not in self.automatic:
            return value
        if name in self.announced:
            return pkt.known(name)
        if name in self.selected:
            select = self.selected[name]
            return select.key_of(pkt.getfieldval(select.name), name)
        if name in self.counted:
            target = self.counted[name]
            return self.count(pkt, parts, target) if self.has(pkt, target) else 0
        return self.value(pkt, parts, self.copies[name])

    def has(self, pkt: Any, field: Any) -> bool:
        """Does this packet have the field?"""
        if isinstance(field, WholeLayer):
            return True
        return next(step for step in self.steps if field.name in step.names).present(pkt)

    def count(self, pkt: Any, parts: dict[str, bytes], target: Any) -> int:
        """What the counting field of `target` must say."""
        return sizing(target).value(self.found(pkt, parts, target))

    def found(self, pkt: Any, parts: dict[str, bytes], target: Any) -> int:
        """What a counting field counts: items of a `Counted`, octets of any other."""
        if isinstance(target, WholeLayer):
            return target.octets(parts)
        if isinstance(target, Counted):
            return len(pkt.getfieldval(target.name) or ())
        return len(parts[target.name])

    def end_of(self, pkt: Any, start: int, pos: int, end: int) -> int:
        """Where the layer ends by its own count, within what there is."""
        value = pkt.getfieldval(self.cls.whole.field)
        return min(end, max(pos, start + self.cls.whole.octets(value)))


def sizing(field: Any) -> Size | None:
    """How another field counts this one, or None."""
    if isinstance(field, Counted):
        return field.count
    size = getattr(field, "counted_by", None) or getattr(field, "size", None)
    return None if size is REST else size


@cache
def layout_of(cls: Any) -> Layout:
    """The layout of a layer class."""
    return Layout(cls)


def _steps(fields: list[Any]) -> list[Step]:
    steps: list[Step] = []
    run: BitRun | None = None
    for field in fields:
        if not isinstance(field, Bits):
            run = None
            steps.append(FieldStep(field))
            continue
        if run is None:
            run = BitRun()
            steps.append(run)
        run.fields.append(field)
        if not sum(f.width for f in run.fields) % 8:
            run = None
    for step in steps:
        if isinstance(step, BitRun) and sum(f.width for f in step.fields) % 8:
            raise TypeError(f"bits from {step.name} on do not fill whole octets")
    return steps

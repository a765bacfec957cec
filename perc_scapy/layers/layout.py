# SPDX-License-Identifier: GPL-2.0-only
"""A layer's `fields_desc` as ordered steps with their dependencies resolved; made once for each class.

Dissection, building, fault finding and the compiler all walk these steps, so they cannot disagree about
which field counts which, where a run of bits ends, or what a trailer leaves to the field in front of it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from perc_scapy.layers.fields.choice import REST, Select
from perc_scapy.layers.fields.core import WireField
from perc_scapy.layers.fields.items import Counted
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.fields.relations import Size
from perc_scapy.layers.steps import BitRun, FieldStep, Step, steps_of

__all__ = ["BitRun", "FieldStep", "Layout", "Step", "WholeLayer", "layout_of", "sizing"]


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
        self.cls, self.steps = cls, steps_of(cls.fields_desc)
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

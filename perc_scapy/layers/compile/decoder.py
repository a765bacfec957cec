# SPDX-License-Identifier: GPL-2.0-only
"""The strict decoder of a layer, as generated Python: nothing left over, canonical, `DecodeError` only.

A generated function takes (data, pos, end) and returns (record, position behind it). It never slices the
input before the octets are known to be there, so offsets in errors count from the start of the message.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from perc_scapy.errors import DecodeError, LocalError
from perc_scapy.layers.compile.lists import items_reader
from perc_scapy.layers.compile.records import record_class
from perc_scapy.layers.compile.source import (
    LOW_HALF,
    Batch,
    Source,
    batches,
    size_of_whole,
    variable,
)
from perc_scapy.layers.fields.choice import Select
from perc_scapy.layers.fields.core import OPAQUE
from perc_scapy.layers.fields.items import Counted, Items, RepeatToEnd, Terminated, Vector
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.fields.octets import Opaque, Sized, Trailer
from perc_scapy.layers.layout import BitRun, FieldStep, layout_of
from perc_scapy.layers.union import is_union

Decoder = Callable[[bytes, int, int], tuple[Any, int]]


def decode(cls: Any, data: bytes) -> Any:
    """The record that `data` is, read strictly by the definition of layer `cls`.

    Raises `DecodeError` with the octet offset for anything else: cut short, left over, forbidden values.
    """
    if type(data) is not bytes:
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise LocalError(f"decode() takes octets, not {type(data).__name__}")
        data = bytes(data)
    end = len(data)
    made, pos = decoder(cls)(data, 0, end)
    if pos != end:
        raise DecodeError(f"{cls.__name__}: {end - pos} octets left over", pos)
    return made


@cache
def decoder(cls: Any) -> Decoder:
    """The generated function of a layer."""
    return _any_form(cls) if is_union(cls) else _Writer(cls).build()


def _any_form(cls: Any) -> Decoder:
    """The decoder of a union: that of the form which the tag asks for."""
    table = {tag: decoder(form) for tag, form in cls.forms.items()}
    other, tag_of = decoder(cls.other), cls.tag_of

    def any_form(data: bytes, pos: int, end: int) -> tuple[Any, int]:
        return table.get(tag_of(data, pos, end), other)(data, pos, end)

    return any_form


def named(unit: Any) -> list[str]:
    """Names of the fields in a batch or step."""
    steps = unit.steps if isinstance(unit, Batch) else [unit]
    return [name for step in steps for name in step.names]


class _Writer:
    """Writes the function, one step after another."""

    def __init__(self, cls: Any) -> None:
        self.cls, self.layout = cls, layout_of(cls)
        self.source = Source("decode(data, pos, end)", f"decoder of {cls.__name__}")
        self.source.globals |= {"DecodeError": DecodeError, "Record": record_class(cls)}

    def build(self) -> Decoder:
        rules = [rule for rule in self.cls.rules if rule.on_decode]
        if rules or self.cls.whole is not None:
            self.source.add("start = pos")
        units = batches(self.layout.steps)
        if self.cls.last_first:
            self.last_first(units.pop())
        for unit in units:
            self.batch(unit) if isinstance(unit, Batch) else self.step(unit)
            if self.cls.whole is not None and self.cls.whole.field in named(unit):
                self.whole(self.cls.whole)
        if self.cls.last_first:
            self.refuse("pos != end", f"{self.cls.__name__}: {{end - pos}} octets left over")
            self.source.add("pos = after")
        for step in self.layout.steps:
            if getattr(step, "wrapper", None) is None:
                self.agrees(self.layout.fields[step.name])
        self.make(record_class(self.cls))
        for rule in rules:
            self.source.add(
                f"problem = {self.source.bind(rule.problem, 'rule')}(record, pos - start)"
            )
            self.refuse("problem is not None", f"{self.cls.__name__}: {{problem}}", "start")
        self.source.add("return record, pos")
        return self.source.build("decode")

    def whole(self, size: Any) -> None:
        """The layer ends where its own count says."""
        said = variable(size.field)
        self.source.add(f"limit = start + {said} * {size.unit} + {size.plus}")
        text = (
            f"{self.title(size.field)}: announces {{limit - start}} octets, {{end - start}} found"
        )
        self.refuse("not pos <= limit <= end", text)
        self.source.add("end = limit")

    def last_first(self, batch: Any) -> None:
        """Read the last part, which says what is in front of it, and shorten the region by it."""
        self.source.add("front, after = pos, end")
        self.source.add(f"pos = end - {batch.size}")
        text = f"{self.cls.__name__}: needs {batch.size} octets, {{end - front}} left"
        self.refuse("pos < front", text, "front")
        self.batch(batch)
        self.source.add(f"pos, end = front, end - {batch.size}")

    def agrees(self, field: Any) -> None:
        """A count that stands behind what it counts."""
        size = getattr(field, "counted_by", None)
        if size is not None:
            said = f"{variable(size.field)} * {size.unit} + {size.plus}"
            text = f"{self.title(size.field)}: does not count {field.name}"
            self.refuse(f"len({variable(field.name)}) != {said}", text)

    def make(self, made: Any) -> None:
        if not made._names:
            # A record without values has no state, so one serves all messages.
            self.source.add(f"record = {self.source.bind(made(), 'empty')}")
            return
        # Setting slots in line costs half of what a call of __init__ does.
        self.source.add(f"record = {self.source.bind(made.__new__, 'new')}(Record)")
        for name in made._names:
            self.source.add(f"record.{name} = {variable(name)}")

    def refuse(self, condition: str, text: str, at: str = "pos") -> None:
        with self.source.block(f"if {condition}:"):
            self.source.add(f"raise DecodeError(f{text!r}, {at})")

    def title(self, name: str) -> str:
        return f"{self.cls.__name__}.{name}"

    # fixed sizes ------------------------------------------------------------------------------

    def batch(self, batch: Batch) -> None:
        add, bind = self.source.add, self.source.bind
        places = [(self.title(name), at, size) for name, at, size in batch.places()]
        with self.source.block(f"if end - pos < {batch.size}:"):
            add(f"{bind(_short, 'short')}({bind(places, 'places')}, pos, end)")
        names = [name for step in batch.steps for name in self.raw_names(step)]
        add(f"{', '.join(names)}, = {bind(batch.struct.unpack_from, 'unpack')}(data, pos)")
        for step, (_, at, _) in zip(batch.steps, places, strict=True):
            self.assemble(step)
            for name in step.names:
                self.only(self.layout.fields[name], f"pos + {at}")
        add(f"pos += {batch.size}")

    def raw_names(self, step: Any) -> list[str]:
        name = variable(step.name)
        return [f"{name}_high", name] if size_of_whole(step) in LOW_HALF else [name]

    def assemble(self, step: Any) -> None:
        """Integers of 3 and 6 octets from their halves, bits from their run."""
        name, size = variable(step.name), step.fixed_size()
        if isinstance(step, BitRun) and size_of_whole(step) is None:
            self.source.add(f"{name} = int.from_bytes({name}, 'big')")
        if size_of_whole(step) in LOW_HALF:
            self.source.add(f"{name} |= {name}_high << {LOW_HALF[size]}")
        if isinstance(step, BitRun):
            self.source.add(f"run = {name}")
            for field, shift in step.shifts():
                mask = (1 << field.width) - 1
                self.source.add(f"{variable(field.name)} = run >> {shift} & {mask}")

    def only(self, field: Any, at: str = "pos") -> None:
        if isinstance(field, Number) and field.only is not None:
            name, allowed = variable(field.name), ", ".join(map(str, field.only))
            text = f"{self.title(field.name)}: value {{{name}}} is not among {allowed}"
            one = len(field.only) == 1
            test = f"{name} != {field.only[0]}" if one else f"{name} not in {field.only!r}"
            self.refuse(test, text, at)

    # all others -------------------------------------------------------------------------------

    def step(self, step: FieldStep) -> None:
        if step.wrapper is None:
            return self.field(step)
        condition = "pos < end" if step.optional else step.wrapper.when.source(variable)
        with self.source.block(f"if {condition}:"):
            self.field(step)
        with self.source.block("else:"):
            self.source.add(f"{variable(step.name)} = None")
        return None

    def field(self, step: FieldStep) -> None:
        field = step.field
        if field.fixed_size() is not None:
            self.batch(Batch([_Bare(step)]))
        elif isinstance(field, Opaque):
            self.opaque(field)
        elif isinstance(field, Vector):
            self.vector(field)
        else:
            self.limit(step)
            self.limited(step)

    def prefix(self, field: Any) -> None:
        """Bounds `pos` and `limit` of what a length prefix announces, within its legal lengths."""
        add, width, title = self.source.add, field.prefix, self.title(field.name)
        self.refuse(f"end - pos < {width}", f"{title}: length prefix cut short")
        octets = ["data[pos]", "data[pos] << 8 | data[pos + 1]"]
        add(
            f"size = {octets[width - 1] if width < 3 else f'int.from_bytes(data[pos:pos + {width}])'}"
        )
        if width >= 3:
            self.source.lines[-1] = self.source.lines[-1].replace("])", "], 'big')")
        add(f"limit = pos + {width} + size")
        text = f"{title}: announces {{size}} octets, {{end - pos - {width}}} left"
        self.refuse("limit > end", text)
        if field.min:
            self.refuse(f"size < {field.min}", f"{title}: has {{size}} octets, min {field.min}")
        if field.max < (1 << 8 * width) - 1:
            self.refuse(f"size > {field.max}", f"{title}: has {{size}} octets, max {field.max}")
        add(f"pos += {width}")

    def opaque(self, field: Opaque) -> None:
        self.prefix(field)
        self.take(field.name)

    def take(self, name: str) -> None:
        self.source.add(f"{variable(name)} = data[pos:limit]")
        self.source.add("pos = limit")

    def vector(self, field: Vector) -> None:
        self.prefix(field)
        self.items(field, "-1", "limit")

    def items(self, field: Items, count: str, end: str) -> None:
        read = self.source.bind(items_reader(field, self.title(field.name), decoder), "items")
        self.source.add(f"{variable(field.name)}, pos = {read}(data, pos, {end}, {count})")

    def limit(self, step: FieldStep) -> None:
        """`limit`: where the region of this step ends."""
        add, title = self.source.add, self.title(step.name)
        if step.size is not None:
            size, said = step.size, variable(step.size.field)
            add(f"limit = pos + {said} * {size.unit} + {size.plus}")
            text = f"{title}: announced {{limit - pos}} octets, {{end - pos}} left"
            self.refuse("not pos <= limit <= end", text)
            return
        add("limit = end")
        for behind in reversed(step.behind):
            self.tail(behind)
        if step.behind:
            self.refuse("limit < pos", f"{title}: trailer cut short")

    def tail(self, step: Any) -> None:
        """Take off `limit` what a step behind an open-ended field needs."""
        if step.optional:
            raise TypeError(f"{self.title(step.name)}: optional behind an open-ended field")
        line = f"limit -= {step.fixed_size() or 0}"
        if isinstance(step, FieldStep) and isinstance(step.field, Trailer):
            line = f"limit -= {self.source.bind(step.field.tail_size, 'tail')}(data, pos, limit)"
        elif step.wrapper is not None:
            line = f"limit -= {step.field.fixed_size()}"
        if step.wrapper is None:
            return self.source.add(line)
        with self.source.block(f"if {step.wrapper.when.source(variable)}:"):
            return self.source.add(line)

    def limited(self, step: FieldStep) -> None:
        field = step.field
        if isinstance(field, Select):
            self.select(field, sized=field.size is not None)
        elif isinstance(field, Counted):
            count = f"{variable(field.count.field)} * {field.count.unit} + {field.count.plus}"
            self.source.add(f"count = {count}")
            self.refuse("count < 0", f"{self.title(field.name)}: {{count}} items")
            self.items(field, "count", "limit")
        elif isinstance(field, Terminated):
            self.items(field, "-1", "limit")
        elif isinstance(field, RepeatToEnd):
            self.items(field, "-1", "limit")
            least = f"len({variable(field.name)}) < {field.min}"
            if field.min:
                self.refuse(least, f"{self.title(field.name)}: at least {field.min} items")
        else:
            if isinstance(field, Sized):
                self.bounds(field)
            self.take(field.name)

    def bounds(self, field: Sized) -> None:
        size, text = "limit - pos", f"{self.title(field.name)}: has {{limit - pos}} octets"
        if field.min:
            self.refuse(f"{size} < {field.min}", f"{text}, min {field.min}")
        if field.max is not None:
            self.refuse(f"{size} > {field.max}", f"{text}, max {field.max}")

    def select(self, field: Select, sized: bool) -> None:
        add, title = self.source.add, self.title(field.name)
        key = ", ".join(variable(name) for name in field.on)
        one = len(field.on) == 1
        table = {k[0] if one else k: decoder(c) for k, c in field.cases.items()}
        add(f"read = {self.source.bind(table.get, 'case')}({key if one else f'({key})'})")
        if field.when is not None:
            self.opaque_unless(field)
        with self.source.block("if read is None:"):
            if field.other is OPAQUE or field.when is not None:
                self.take(field.name)
            else:
                said = ", ".join(f"{n} {{{variable(n)}}}" for n in field.on)
                add(f"raise DecodeError(f{f'{title}: {said} has no defined body'!r}, pos)")
        with self.source.block("else:"):
            add(f"{variable(field.name)}, pos = read(data, pos, limit)")
            if sized:
                self.refuse("pos != limit", f"{title}: {{limit - pos}} octets left over")

    def opaque_unless(self, field: Select) -> None:
        """While `when` does not hold the body is octets; a selector without a case is refused still."""
        condition = field.when.source(variable)
        if field.other is not OPAQUE:
            text = f"{self.title(field.name)}: no defined body"
            self.refuse(f"read is None and ({condition})", text)
        with self.source.block(f"if not ({condition}):"):
            self.source.add("read = None")


class _Bare:
    """A conditional step without its condition, so that it can be read like a fixed one."""

    wrapper = None

    def __init__(self, step: FieldStep) -> None:
        self.field, self.name, self.names = step.field, step.name, step.names

    def fixed_size(self) -> int | None:
        return self.field.fixed_size()


def _short(places: list[tuple[str, int, int]], pos: int, end: int) -> None:
    """Raise `DecodeError` for the first field that does not fit."""
    for title, at, size in places:
        left = max(0, end - pos - at)
        if left < size:
            raise DecodeError(f"{title}: needs {size} octets, {left} left", pos + at)

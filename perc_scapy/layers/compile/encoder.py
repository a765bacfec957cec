# SPDX-License-Identifier: GPL-2.0-only
"""The encoder of a layer, as generated Python: record in, octets out, `EncodeError` when a rule is broken."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from scapy.packet import Packet

from perc_scapy.errors import EncodeError, LocalError
from perc_scapy.layers.compile.making import from_packet
from perc_scapy.layers.compile.octets import octets_writer
from perc_scapy.layers.compile.records import Record, record_class
from perc_scapy.layers.compile.source import (
    LOW_HALF,
    Batch,
    Source,
    batches,
    is_fixed_octets,
    size_of_whole,
    variable,
)
from perc_scapy.layers.fields.choice import Select
from perc_scapy.layers.fields.items import Counted
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.layout import BitRun, FieldStep, WholeLayer, layout_of, sizing


def encode(message: Any) -> bytes:
    """Octets of a record, or of a Scapy packet that the strict decoder accepts and the rules allow.

    Raises `EncodeError`; lengths and selectors left None in a packet are filled in.
    """
    if not isinstance(message, Record):
        return _encode_packet(message)
    try:
        return encoder(message.layer)(message)
    except (TypeError, AttributeError, OverflowError, struct.error) as error:
        raise EncodeError(
            f"{message.layer.__name__}: a value has the wrong type: {error}"
        ) from None


def _encode_packet(packet: Any) -> bytes:
    if not (isinstance(packet, Packet) and hasattr(packet, "rules")):
        raise LocalError(f"encode() takes a record or a layer, not {type(packet).__name__}")
    octets = bytes(packet)
    _sending(packet, from_packet(packet), len(octets))
    return octets


def _sending(packet: Any, made: Any, size: int) -> None:
    """Rules that only senders obey (the others were asked by the decoder)."""
    for rule in packet.rules:
        problem = rule.problem(made, size) if rule.on_encode and not rule.on_decode else None
        if problem is not None:
            raise EncodeError(f"{type(packet).__name__}: {problem}")


@cache
def encoder(cls: Any) -> Callable[[Any], bytes]:
    """The generated function of a layer."""
    return _Writer(cls).build()


Record._encoder = staticmethod(encoder)


class _Writer:
    """Writes the function: first what has a variable size, then the counts, then the fixed parts."""

    def __init__(self, cls: Any) -> None:
        self.cls, self.layout = cls, layout_of(cls)
        self.source = Source("encode(record)", f"encoder of {cls.__name__}")
        self.source.globals["EncodeError"] = EncodeError

    def build(self) -> Callable[[Any], bytes]:
        units = batches(self.layout.steps)
        for name in record_class(self.cls)._names:
            self.source.add(f"{variable(name)} = record.{name}")
        for index, unit in enumerate(units):
            if isinstance(unit, FieldStep):
                self.step(unit, index)
        for name, target in self.layout.counted.items():
            self.count(name, target, units)
        for unit in units:
            if isinstance(unit, FieldStep):
                self.agrees(unit)
        for index, unit in enumerate(units):
            if isinstance(unit, Batch):
                self.batch(unit, index)
        self.finish(units)
        return self.source.build("encode")

    def finish(self, units: list[Any]) -> None:
        self.source.add(f"octets = {' + '.join(f'p{i}' for i in range(len(units))) or repr(b'')}")
        for rule in self.cls.rules:
            if rule.on_encode:
                problem = self.source.bind(rule.problem, "rule")
                self.source.add(f"problem = {problem}(record, len(octets))")
                self.refuse("problem is not None", "{problem}")
        self.source.add("return octets")

    def refuse(self, condition: str, text: str, name: str = "") -> None:
        title = f"{self.cls.__name__}.{name}" if name else self.cls.__name__
        with self.source.block(f"if {condition}:"):
            self.source.add(f"raise EncodeError(f{f'{title}: {text}'!r})")

    # variable sizes ---------------------------------------------------------------------------

    def step(self, step: FieldStep, index: int) -> None:
        write, name = self.source.bind(octets_writer(step.field), "write"), variable(step.name)
        line = f"p{index} = {write}({name})"
        self.source.add(f"{line} if {name} is not None else b''" if step.wrapper else line)

    def count(self, name: str, target: Any, units: list[Any]) -> None:
        """A counting field's value from what it counts."""
        size: Any = sizing(target)
        if isinstance(target, WholeLayer):
            fixed = sum(u.size for u in units if isinstance(u, Batch))
            parts = [f"len(p{i})" for i, u in enumerate(units) if isinstance(u, FieldStep)]
            found = " + ".join([str(fixed), *parts])
        elif isinstance(target, Counted):
            found = f"len({variable(target.name)} or ())"
        else:
            index = next(i for i, u in enumerate(units) if getattr(u, "name", "") == target.name)
            found = f"len(p{index})"
        value = f"{self.source.bind(size.value, 'count')}({found})"
        if name in self.layout.derived:
            self.source.add(f"{variable(name)} = {value}")
            return
        there = f"{variable(target.name)} is not None"
        self.refuse(f"{there} and {variable(name)} != {value}", "does not count what follows", name)

    def agrees(self, step: FieldStep) -> None:
        """Presence and body must be what the earlier fields say."""
        name = variable(step.name)
        if step.wrapper is not None and not step.optional:
            condition = step.wrapper.when.source(variable)
            text = "is there or missing against its condition"
            self.refuse(f"bool({condition}) is ({name} is None)", text, step.name)
        if isinstance(step.field, Select):
            self.body(step.field, f"{name} is not None and " if step.wrapper else "")

    def body(self, field: Select, there: str) -> None:
        keys = "".join(f"{variable(name)}, " for name in field.on)
        name = variable(field.name)
        table = {k: record_class(c) for k, c in field.cases.items()}
        lookup = self.source.bind(table.get, "case")
        other = "bytes" if field.other is not None else "None"
        self.source.add(f"wanted = {lookup}(({keys}), {other})")
        if field.when is not None:
            self.source.add(f"wanted = wanted if {field.when.source(variable)} else bytes")
        wrong = f"{there}type({name}) is not wanted"
        self.refuse(wrong, "body does not fit its selector", field.name)

    # fixed sizes ------------------------------------------------------------------------------

    def batch(self, batch: Batch, index: int) -> None:
        for step in batch.steps:
            self.check(step)
        pack = self.source.bind(batch.struct.pack, "pack")
        values = ", ".join(value for step in batch.steps for value in self.packed(step))
        self.source.add(f"p{index} = {pack}({values})")

    def check(self, step: Any) -> None:
        for name in step.names:
            field, value = self.layout.fields[name], variable(name)
            if isinstance(field, Number) and field.only is not None:
                text = f"value {{{value}}} is not among {', '.join(map(str, field.only))}"
                self.refuse(f"{value} not in {field.only!r}", text, name)
            if isinstance(step, BitRun):
                text = f"{{{value}}} does not fit {field.bits} bits"
                self.refuse(f"not 0 <= {value} < {1 << field.bits}", text, name)
        if is_fixed_octets(step):
            text = f"has {{len({value})}} octets, not {field.length}"
            self.refuse(f"len({value}) != {field.length}", text, name)

    def packed(self, step: Any) -> list[str]:
        name = variable(step.name)
        if isinstance(step, BitRun):
            name = " | ".join(f"{variable(f.name)} << {shift}" for f, shift in step.shifts())
            if size_of_whole(step) is None:
                return [f"({name}).to_bytes({step.fixed_size()}, 'big')"]
        if size_of_whole(step) in LOW_HALF:
            low = LOW_HALF[step.fixed_size()]
            return [f"({name}) >> {low}", f"({name}) & {(1 << low) - 1}"]
        return [name]

# SPDX-License-Identifier: GPL-2.0-only
"""Making records from values or from Scapy packets, with all that follows filled in."""

from __future__ import annotations

from typing import Any

from scapy.fields import RawVal
from scapy.packet import Packet

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers.compile.decoder import decode
from perc_scapy.layers.compile.records import Record, counter, record_class
from perc_scapy.layers.fields.choice import Select
from perc_scapy.layers.fields.core import AUTO
from perc_scapy.layers.fields.items import Items
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.fields.octets import Octets
from perc_scapy.layers.layout import FieldStep, Layout, layout_of


def record(cls: Any, **fields: Any) -> Any:
    """A record of layer `cls`: defaults for what is not given; a selector follows from its body and a
    body from its selector. Raises `EncodeError` for unknown names and values of the wrong type."""
    layout = layout_of(cls)
    unknown = fields.keys() - layout.fields.keys()
    if unknown:
        raise EncodeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
    values = {n: _value(cls, f, fields.get(n, f.default)) for n, f in layout.fields.items()}
    _announce(layout, values, fields)
    for step in layout.steps:
        if isinstance(step, FieldStep):
            _settle(step, values, fields)
    made = record_class(cls)(*(values[name] for name in record_class(cls)._names))
    for name in layout.counted:
        _count(layout, made, name, values[name])
    for name in layout.copies:
        if getattr(made, name) is None:
            setattr(made, name, getattr(made, layout.fields[name].same_as))
    return made


def from_packet(packet: Any) -> Any:
    """The record of a Scapy packet, whose octets must pass the strict decoder (`EncodeError`)."""
    try:
        return decode(type(packet), bytes(packet))
    except DecodeError as error:
        raise EncodeError(str(error)) from None


def _announce(layout: Layout, values: dict[str, Any], given: dict[str, Any]) -> None:
    """Flags left None are set when the field that they announce is given."""
    for name, target in layout.announced.items():
        if values[name] is None:
            values[name] = int(given.get(target) is not None)


def _settle(step: FieldStep, values: dict[str, Any], given: dict[str, Any]) -> None:
    """A conditional field without its condition is None; a body and its selectors give each other."""
    field, name = step.field, step.name
    if step.wrapper is not None and given.get(name) is None:
        there = not step.optional and step.wrapper.when.holds(values.get)
        values[name] = _value(step.field, field, field.default) if there else None
    if not isinstance(field, Select) or values[name] is None:
        return
    if values[name] is AUTO:
        case = field.case(values.get)
        values[name] = record(case) if isinstance(case, type) else b""
    key = field.keys.get(getattr(values[name], "layer", None))
    for selector in field.on:
        if values[selector] is None and key is not None:
            values[selector] = key[field.on.index(selector)]


def _count(layout: Layout, made: Any, name: str, given: int | None) -> None:
    """Fill in a counting field that is stored; refuse one that contradicts what it counts."""
    target = layout.counted[name].name
    there = not target or getattr(made, target) is not None
    if given is None:
        if name not in layout.derived and (there or name not in layout.conditional):
            setattr(made, name, counter(layout, name)(made))
    elif there and given != counter(layout, name)(made):
        raise EncodeError(f"{made.layer.__name__}.{name}: {given} does not count what follows")


def _value(cls: Any, field: Any, value: Any) -> Any:
    try:
        return _converted(field, value)
    except (TypeError, ValueError, KeyError) as error:
        raise EncodeError(f"{cls.__name__}.{field.name}: {type(error).__name__}") from None


def _converted(field: Any, value: Any) -> Any:
    """A value as records hold it: int, bytes, tuple or record."""
    if value is None and isinstance(field, Select):
        return AUTO
    if value is None or value is AUTO or isinstance(value, Record):
        return value
    if isinstance(field, Number):
        return int(field.h2i(None, value))
    if isinstance(field, Octets):
        if isinstance(value, int):
            raise TypeError
        return bytes(field.h2i(None, value))
    if isinstance(field, Items):
        return tuple(_item(field.item, v) for v in value)
    if isinstance(value, Packet) and hasattr(value, "rules"):
        return from_packet(value)
    return bytes(value)


def _item(item: Any, value: Any) -> Any:
    if isinstance(value, RawVal):
        raise TypeError
    if isinstance(item, type):
        return value if isinstance(value, Record) else from_packet(value)
    return _converted(item, value)

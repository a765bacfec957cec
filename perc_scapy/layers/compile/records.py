# SPDX-License-Identifier: GPL-2.0-only
"""Records: what the strict decoder returns. Slotted value objects whose attributes are the field names.

A field that only counts another (a length, a number of items) is not stored but computed, so a record
cannot contradict itself; two records are equal when their class and stored values are.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from scapy.fields import RawVal
from scapy.packet import Packet

from perc_scapy.errors import EncodeError
from perc_scapy.layers.compile.octets import octets_writer
from perc_scapy.layers.fields.choice import Select
from perc_scapy.layers.fields.core import AUTO, hidden
from perc_scapy.layers.fields.items import Counted, Items
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.fields.octets import Octets
from perc_scapy.layers.layout import Layout, layout_of


class Record:
    """Base of all records. `layer` is the Scapy class that defines the message."""

    __slots__ = ()
    layer: ClassVar[Any]
    names: ClassVar[tuple[str, ...]]
    """Names of the stored values, in wire order."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = layout_of(self.layer).fields
        shown = (f"{n}={_shown(fields[n], getattr(self, n))}" for n in self.names)
        return f"{self.layer.__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.layer, tuple(getattr(self, name) for name in self.names))

    def replace(self, **changes: Any) -> Any:
        """A copy with some values changed."""
        return record(self.layer, **{n: getattr(self, n) for n in self.names} | changes)


def _shown(field: Any, value: Any) -> str:
    return hidden(value) if field.secret and value is not None else repr(value)


def _restore(layer: Any, values: tuple[Any, ...]) -> Record:
    return record_class(layer)(*values)


@cache
def record_class(cls: Any) -> Any:
    """The record class of a layer. Its constructor takes the stored values by position."""
    layout = layout_of(cls)
    names = tuple(name for name in layout.fields if name not in layout.counted)
    body: dict[str, Any] = {"__slots__": names, "layer": cls, "names": names}
    body |= {name: _computed(layout, name) for name in layout.counted}
    body["__init__"] = _constructor(names)
    body["__doc__"] = f"Record of {cls.__name__}."
    return type(cls.__name__, (Record,), body)


def _constructor(names: tuple[str, ...]) -> Any:
    sets = "".join(f"\n    self.{name} = {name}" for name in names)
    space: dict[str, Any] = {}
    exec(f"def __init__(self{''.join(f', {n}' for n in names)}):{sets or ' pass'}", space)  # noqa: S102
    return space["__init__"]


def _computed(layout: Layout, name: str) -> property:
    """A count: it follows from the field it counts."""
    target: Any = layout.counted[name]
    if isinstance(target, Counted):
        return property(lambda self: target.count.value(len(getattr(self, target.name) or ())))
    write = octets_writer(target)

    def count(self: Any) -> int | None:
        value = getattr(self, target.name)
        return None if value is None else target.size.value(len(write(value)))

    return property(count)


def record(cls: Any, **fields: Any) -> Any:
    """A record of layer `cls`: defaults for what is not given; a selector follows from its body and a
    body from its selector. Raises `EncodeError` for unknown names and values of the wrong type."""
    layout = layout_of(cls)
    unknown = fields.keys() - layout.fields.keys()
    if unknown:
        raise EncodeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
    values = {n: _value(cls, f, fields.get(n, f.default)) for n, f in layout.fields.items()}
    _select(layout, values)
    names = record_class(cls).names
    made = record_class(cls)(*(values[name] for name in names))
    for name in layout.copies:
        if getattr(made, name) is None:
            setattr(made, name, getattr(made, layout.fields[name].same_as))
    for name in layout.counted:
        if values[name] is not None and name in fields and values[name] != getattr(made, name):
            raise EncodeError(f"{cls.__name__}.{name}: {values[name]} does not count what follows")
    return made


def _select(layout: Layout, values: dict[str, Any]) -> None:
    for field in layout.fields.values():
        if not isinstance(field, Select):
            continue
        body = values[field.name]
        if body is AUTO:
            case = field.case(values.__getitem__)
            body = values[field.name] = record(case) if isinstance(case, type) else b""
        for name in field.on:
            if values[name] is None and isinstance(body, Record):
                key = field.keys.get(body.layer)
                values[name] = None if key is None else key[field.on.index(name)]


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


def from_packet(packet: Any) -> Any:
    """The record of a Scapy packet, whose octets must pass the strict decoder (`EncodeError`)."""
    from perc_scapy.errors import DecodeError
    from perc_scapy.layers.compile.decoder import decode

    try:
        return decode(type(packet), bytes(packet))
    except DecodeError as error:
        raise EncodeError(str(error)) from None

# SPDX-License-Identifier: GPL-2.0-only
"""Records: what the strict decoder returns. Slotted value objects whose attributes are the field names.

A field that only counts another (a length, a number of items) is not stored but computed, so a record
cannot contradict itself; two records are equal when their class and stored values are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from perc_scapy.errors import EncodeError
from perc_scapy.layers.compile.octets import octets_writer
from perc_scapy.layers.fields.core import hidden
from perc_scapy.layers.fields.items import Counted
from perc_scapy.layers.layout import Layout, WholeLayer, layout_of, sizing


class Record:
    """Base of all records. `layer` is the Scapy class that defines the message."""

    __slots__ = ()
    layer: ClassVar[Any]
    _names: ClassVar[tuple[str, ...]]
    """Names of the stored values, in wire order."""
    _encoder: ClassVar[Callable[[Any], Callable[[Any], bytes]]]
    """Gives the encoder of a layer; set by the encoder module, which builds on this one."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = layout_of(self.layer).fields
        shown = (f"{n}={_shown(fields[n], getattr(self, n))}" for n in self._names)
        return f"{self.layer.__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.layer, tuple(getattr(self, name) for name in self._names))

    def replace(self, **changes: Any) -> Any:
        """A copy with some stored values changed; they are checked when it is encoded."""
        unknown = changes.keys() - set(self._names)
        if unknown:
            raise EncodeError(f"{self.layer.__name__} stores no {', '.join(sorted(unknown))}")
        values = [changes.get(name, getattr(self, name)) for name in self._names]
        return type(self)(*(tuple(v) if isinstance(v, list) else v for v in values))


def _shown(field: Any, value: Any) -> str:
    return hidden(value) if field.secret and value is not None else repr(value)


def _restore(layer: Any, values: tuple[Any, ...]) -> Record:
    return record_class(layer)(*values)


@cache
def record_class(cls: Any) -> Any:
    """The record class of a layer. Its constructor takes the stored values by position."""
    layout = layout_of(cls)
    names = tuple(name for name in layout.fields if name not in layout.derived)
    body: dict[str, Any] = {"__slots__": names, "layer": cls, "_names": names}
    body |= {name: property(counter(layout, name)) for name in layout.derived}
    body["__init__"] = _constructor(names)
    body["__doc__"] = f"Record of {cls.__name__}."
    return type(cls.__name__, (Record,), body)


def _constructor(names: tuple[str, ...]) -> Any:
    sets = "".join(f"\n    self.{name} = {name}" for name in names)
    space: dict[str, Any] = {}
    exec(f"def __init__(self{''.join(f', {n}' for n in names)}):{sets or ' pass'}", space)  # noqa: S102
    return space["__init__"]


def counter(layout: Layout, name: str) -> Callable[[Any], int]:
    """What a counting field says: it follows from the field it counts, and is 0 while that is missing."""
    target: Any = layout.counted[name]
    size: Any = sizing(target)
    if isinstance(target, WholeLayer):
        return _whole_counter(layout.cls, size)
    write = octets_writer(target)

    def count(record: Any) -> int:
        value = getattr(record, target.name)
        if value is None:
            return 0
        return size.value(len(value if isinstance(target, Counted) else write(value)))

    return count


def _whole_counter(cls: Any, size: Any) -> Callable[[Any], int]:
    def count(record: Any) -> int:
        return size.value(len(Record._encoder(cls)(record)))  # type: ignore[no-any-return]

    return count

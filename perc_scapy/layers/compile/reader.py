# SPDX-License-Identifier: GPL-2.0-only
"""Fast access to the leading fields of a message, whose offsets are fixed, without decoding the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from perc_scapy.errors import DecodeError, LocalError
from perc_scapy.layers.compile.source import Source
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.layout import BitRun, layout_of


@cache
def reader(cls: Any, *names: str) -> Callable[[bytes], tuple[Any, ...]]:
    """A function that takes octets and returns these fields as a tuple, in the order asked.

    Only fields in front of the first one of variable size can be asked for (`LocalError`). The function
    raises `DecodeError` for input too short, and checks nothing else.
    """
    places = _places(cls)
    missing = [name for name in names if name not in places]
    if missing:
        raise LocalError(f"{cls.__name__}.{missing[0]} has no fixed place")
    size = max((places[name][1] for name in names), default=0)
    source = Source("read(data)", f"reader of {cls.__name__}")
    source.globals["short"] = _short(cls, size)
    with source.block(f"if len(data) < {size}:"):
        source.add("short(data)")
    values = "".join(f"{_expression(cls, name, *places[name])}, " for name in names)
    source.add(f"return ({values})")
    return source.build("read")


def _places(cls: Any) -> dict[str, tuple[int, int]]:
    """Start and end of every field in front of the first one of variable size."""
    places, at = {}, 0
    for step in layout_of(cls).steps:
        size = step.fixed_size()
        if size is None:
            break
        places.update((name, (at, at + size)) for name in step.names)
        at += size
    return places


def _expression(cls: Any, name: str, start: int, end: int) -> str:
    field = layout_of(cls).fields[name]
    if not isinstance(field, Number):
        return f"data[{start}:{end}]"
    number = " | ".join(
        f"data[{i}] << {8 * (end - 1 - i)}" if i < end - 1 else f"data[{i}]"
        for i in range(start, end)
    )
    for step in layout_of(cls).steps:
        if isinstance(step, BitRun) and name in step.names:
            shift = next(shift for bits, shift in step.shifts() if bits is field)
            return f"({number}) >> {shift} & {(1 << field.bits) - 1}"
    return number


def _short(cls: Any, size: int) -> Callable[[bytes], Any]:
    def short(data: bytes) -> Any:
        raise DecodeError(f"{cls.__name__}: needs {size} octets, has {len(data)}", len(data))

    return short

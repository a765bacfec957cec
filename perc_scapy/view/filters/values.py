# SPDX-License-Identifier: GPL-2.0-only
"""The left side of a comparison: a field, a slice of one, or a function of one, and the kind of what it gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from perc_scapy.view.catalogue import FieldInfo

Get = Callable[[str], list[Any]]
"""Values of a name in the packet at hand."""
HIDDEN = re.compile(r"<\d+ octets, hidden>")
_SLICE = re.compile(r"(-?\d+)?(?:(:|-)(\d+)?)?")


@dataclass(frozen=True)
class Operand:
    """`values(get)` lists what the packet has; `info` says what they are."""

    info: FieldInfo
    values: Callable[[Get], list[Any]]


def field_operand(info: FieldInfo) -> Operand:
    """All values of a field."""
    name = info.name
    return Operand(info, lambda get: get(name))


def sliced(operand: Operand, text: str) -> Operand:
    """`[offset:length]`, `[first-last]`, `[offset]`; an offset may count from the end. Raises ValueError."""
    if operand.info.kind not in ("octets", "text", "layer", "any"):
        raise ValueError(f"{operand.info.name} is no octets, so it has no slices")
    start, end = _bounds(text)
    unit = 1 if operand.info.kind == "text" else 2
    cut = partial(_cut, start=start, end=end, unit=unit)
    return replace(operand, values=lambda get: [v for v in map(cut, operand.values(get)) if v])


def _bounds(text: str) -> tuple[int, int | None]:
    match = _SLICE.fullmatch(text.replace(" ", ""))
    if match is None or not match[0]:
        raise ValueError("a slice is [offset:length], [first-last] or [offset]")
    start, second = int(match[1] or 0), match[3]
    if match[2] is None:
        return start, start + 1 if start != -1 else None
    if second is None:
        return start, None
    end = int(second) + (1 if match[2] == "-" else start)
    return start, None if start < 0 <= end and match[2] == ":" else end


def _cut(value: Any, start: int, end: int | None, unit: int) -> str | None:
    if not isinstance(value, str) or HIDDEN.fullmatch(value):
        return None
    return value[start * unit : None if end is None else end * unit]


def applied(function: str, operand: Operand) -> Operand:
    """`len`, `count` or `lower` of an operand."""
    values, kind = operand.values, operand.info.kind
    number = FieldInfo(f"{function}()", "number", "")
    if function == "count":
        return Operand(number, lambda get: [len(values(get))])
    if function == "len":
        return Operand(number, lambda get: [n for v in values(get) if (n := _length(v, kind)) is not None])  # fmt: skip
    return Operand(operand.info, lambda get: [str(v).lower() for v in values(get)])


FUNCTIONS = ("len", "count", "lower")


def _length(value: Any, kind: str) -> int | None:
    """Octets of octets, characters of text; key octets that are hidden have a length still."""
    if not isinstance(value, str):
        return None
    if HIDDEN.fullmatch(value):
        return int(value[1:].split()[0])
    return len(value) if kind in ("text", "address") else len(value) // 2

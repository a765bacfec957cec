# SPDX-License-Identifier: GPL-2.0-only
"""Where two trees of fields differ: field by field, lists by place, and lists of typed things by their type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from perc_scapy.view.catalogue import layer_class
from perc_scapy.view.codes import name_of
from perc_scapy.view.rows import meaning

ABSENT = "(absent)"
_NOTHING = object()
"""Stands for a value that one side lacks."""


class FieldDifference(NamedTuple):
    """A field that is not the same. Values as text, key octets hidden."""

    path: str
    a: str
    b: str
    names: tuple[str, str] = ("", "")
    """The values with the names of their code points, for people; empty for what has none."""


def differences(a: Any, b: Any, path: str = "", field: Any = None) -> Iterator[FieldDifference]:
    """All of them, in the order of `a`; what only `b` has comes behind. `field` declares the values."""
    kinds = {type(one) for one in (a, b) if one is not _NOTHING}
    if kinds == {dict}:
        yield from _dicts(_or(a, {}), _or(b, {}), path)
    elif kinds == {list}:
        yield from _lists(a, b, path, getattr(field, "item", None))
    elif _text(a) != _text(b):
        names = _named(field, a), _named(field, b)
        yield FieldDifference(path, _text(a), _text(b), names if any(names) else ("", ""))


def _or(value: Any, other: Any) -> Any:
    return other if value is _NOTHING else value


def _text(value: Any) -> str:
    if value is _NOTHING:
        return ABSENT
    return str(value.get("layer", "present")) if isinstance(value, dict) else str(value)


def _named(field: Any, value: Any) -> str:
    if field is None or not isinstance(value, int):
        return ""
    said = meaning(field, value)
    return "" if said == str(value) else said


def _dicts(a: dict[str, Any], b: dict[str, Any], path: str) -> Iterator[FieldDifference]:
    fields = _fields(str(a.get("layer", b.get("layer"))))
    for name in {**a, **b}:
        below = f"{path}.{name}" if path else name
        yield from differences(
            a.get(name, _NOTHING), b.get(name, _NOTHING), below, fields.get(name)
        )


def _lists(a: Any, b: Any, path: str, item: Any) -> Iterator[FieldDifference]:
    both = [*_or(a, []), *_or(b, [])]
    if both and all(isinstance(one, dict) and "type" in one for one in both):
        yield from _typed(_by_type(_or(a, [])), _by_type(_or(b, [])), path)
        return
    here, there = (_NOTHING if one is _NOTHING else len(one) for one in (a, b))
    yield from differences(here, there, f"{path}.count" if path else "count")
    pairs = zip_longest(_or(a, []), _or(b, []), fillvalue=_NOTHING)
    for place, (old, new) in enumerate(pairs):
        yield from differences(old, new, f"{path}[{place}]", item)


def _typed(a: dict[str, Any], b: dict[str, Any], path: str) -> Iterator[FieldDifference]:
    """Things of one type stand side by side; one that a side lacks, and another order, are one difference each."""
    for kind in {**a, **b}:
        if kind in a and kind in b:
            yield from differences(a[kind], b[kind], f"{path}[{kind}]")
        else:
            old, new = (_text(one.get(kind, _NOTHING)) for one in (a, b))
            yield FieldDifference(f"{path}[{kind}]", old, new)
    here, there = [k for k in a if k in b], [k for k in b if k in a]
    if here != there:
        yield FieldDifference(f"{path}.order", ", ".join(here), ", ".join(there))


def _by_type(items: list[dict[str, Any]]) -> dict[str, Any]:
    """By the name of the type; a second one of a type gets #2."""
    found: dict[str, Any] = {}
    for item in items:
        name, number = _type_name(item), 1
        while (key := name if number == 1 else f"{name} #{number}") in found:
            number += 1
        found[key] = item
    return found


def _type_name(item: dict[str, Any]) -> str:
    kind = item["type"]
    enum = getattr(_fields(str(item.get("layer"))).get("type"), "enum", None)
    known = enum is not None and isinstance(
        kind, int
    )  # octets that form no type are told as they are
    return str(name_of(enum, kind)).lower() if known else str(kind)


@cache
def _fields(layer: str) -> dict[str, Any]:
    """Name -> declaration, of a layer; nothing for trees that stand for no layer."""
    cls = layer_class(layer)
    declared = () if cls is None else cls.fields_desc
    return {field.name: getattr(field, "fld", field) for field in declared}

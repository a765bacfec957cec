# SPDX-License-Identifier: GPL-2.0-only
"""The items of two lanes side by side, and the fields of two items."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from perc_scapy.compare.masks import Masks
from perc_scapy.compare.talk import Item

ABSENT = "(absent)"


class Pair(NamedTuple):
    """One row: an item of each side, or None where one has none."""

    a: Item | None
    b: Item | None


def align(a: list[Item], b: list[Item]) -> Iterator[Pair]:
    """Items of the same kind in the same order stand side by side; the others alone."""
    matcher = SequenceMatcher(None, [i.kind for i in a], [i.kind for i in b], autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            yield from (Pair(x, y) for x, y in zip(a[a0:a1], b[b0:b1], strict=True))
        else:
            yield from (Pair(x, None) for x in a[a0:a1])
            yield from (Pair(None, y) for y in b[b0:b1])


class FieldDifference(NamedTuple):
    """A field that is not the same. Values as text, key octets hidden."""

    path: str
    a: str
    b: str


def compare_items(a: Item, b: Item, masks: Masks) -> list[FieldDifference]:
    """Fields of two items of one kind, volatile ones left out."""
    whole = set(a.tree) ^ set(b.tree)
    left, right = dict(_flat(_without(a.tree, whole))), dict(_flat(_without(b.tree, whole)))
    return [FieldDifference(name, _there(a, name), _there(b, name)) for name in sorted(whole)] + [
        FieldDifference(path, left.get(path, ABSENT), right.get(path, ABSENT))
        for path in {**left, **right}
        if left.get(path) != right.get(path) and not masks.covers(path)
    ]


def _without(tree: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """What both sides have; a layer that one side lacks is told as one difference."""
    return {name: value for name, value in tree.items() if name not in names}


def _there(item: Item, name: str) -> str:
    if name not in item.tree:
        return ABSENT
    value = item.tree[name]
    return str(value.get("layer", "present")) if isinstance(value, dict) else str(value)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "layer":
                yield f"{path}.layer" if path else "layer", str(item)
            else:
                yield from _flat(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield f"{path}.count" if path else "count", str(len(value))
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")
    else:
        yield path, str(value)

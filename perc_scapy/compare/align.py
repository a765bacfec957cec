# SPDX-License-Identifier: GPL-2.0-only
"""The items of two lanes side by side, and the fields of two items."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from perc_scapy.compare.fields import ABSENT, FieldDifference, differences
from perc_scapy.compare.masks import Masks
from perc_scapy.compare.talk import Item


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


def compare_items(a: Item, b: Item, masks: Masks) -> list[FieldDifference]:
    """Fields of two items of one kind, volatile ones left out."""
    whole = set(a.tree) ^ set(b.tree)
    inside = differences(_without(a.tree, whole), _without(b.tree, whole))
    return [FieldDifference(name, _there(a, name), _there(b, name)) for name in sorted(whole)] + [
        found for found in inside if not masks.covers(found.path)
    ]


def _without(tree: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """What both sides have; a layer that one side lacks is told as one difference."""
    return {name: value for name, value in tree.items() if name not in names}


def _there(item: Item, name: str) -> str:
    if name not in item.tree:
        return ABSENT
    value = item.tree[name]
    return str(value.get("layer", "present")) if isinstance(value, dict) else str(value)

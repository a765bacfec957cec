# SPDX-License-Identifier: GPL-2.0-only
"""Items side by side, fields side by side."""

from __future__ import annotations

from perc_scapy.compare.align import align, compare_items
from perc_scapy.compare.fields import ABSENT, FieldDifference
from perc_scapy.compare.masks import Masks
from perc_scapy.compare.talk import Item


def items(text: str) -> list[Item]:
    return [Item(kind, number, {"layer": "X"}) for number, kind in enumerate(text, 1)]


def rows(a: str, b: str) -> list[tuple[str, str]]:
    pairs = align(items(a), items(b))
    return [(p.a.kind if p.a else "-", p.b.kind if p.b else "-") for p in pairs]


def test_one_more() -> None:
    assert rows("abc", "abbc") in ([("a", "a"), ("b", "b"), ("-", "b"), ("c", "c")],
                                   [("a", "a"), ("-", "b"), ("b", "b"), ("c", "c")])  # fmt: skip


def test_nothing_in_common() -> None:
    assert rows("a", "b") == [("a", "-"), ("-", "b")]


def test_fields() -> None:
    one = Item(
        "k", 1, {"layer": "X", "list": [1, 2], "in": {"layer": "Y", "value": 3}, "random": "aa"}
    )
    two = Item(
        "k", 2, {"layer": "X", "list": [1], "in": {"layer": "Z", "value": 4}, "random": "bb"}
    )
    assert compare_items(one, two, Masks()) == [
        FieldDifference("list.count", "2", "1"),
        FieldDifference("list[1]", "2", ABSENT),
        FieldDifference("in.layer", "Y", "Z"),
        FieldDifference("in.value", "3", "4"),
    ]


def test_a_layer_that_one_side_lacks_is_one_difference() -> None:
    one = Item("k", 1, {"layer": "X", "rtp": {"layer": "RTP", "a": 1, "b": 2}})
    two = Item("k", 2, {"layer": "X"})
    assert compare_items(one, two, Masks()) == [FieldDifference("rtp", "RTP", ABSENT)]

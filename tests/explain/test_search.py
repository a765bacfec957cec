# SPDX-License-Identifier: GPL-2.0-only
"""The search tries few deviations before many, and stops."""

from __future__ import annotations

from perc_scapy.explain.search import Option, search

ASPECTS = {
    "a": [Option(0), Option(1, "a is one", "A"), Option(2, "a is two", "A")],
    "b": [Option(0), Option(1, "b is one", "B")],
    "c": [Option(0), Option(1, "c is one", "C")],
}


def test_the_right_way_first() -> None:
    outcome = search(ASPECTS, lambda values: True)
    assert outcome.tried == 1
    assert outcome.deviations == []


def test_one_before_two() -> None:
    outcome = search(ASPECTS, lambda v: v["a"] == 2 or (v["b"], v["c"]) == (1, 1))
    assert [o.name for o in outcome.deviations] == ["a is two"]


def test_three() -> None:
    outcome = search(ASPECTS, lambda v: (v["a"], v["b"], v["c"]) == (2, 1, 1))
    assert {o.name for o in outcome.deviations} == {"a is two", "b is one", "c is one"}


def test_nothing_fits_and_all_was_tried() -> None:
    seen = []
    outcome = search(ASPECTS, lambda v: bool(seen.append(tuple(v.values()))))
    assert not outcome.found
    assert outcome.tried == len(seen) == len(set(seen)) == 3 * 2 * 2


def test_the_limit_holds() -> None:
    assert search(ASPECTS, lambda v: False, limit=5).tried == 5

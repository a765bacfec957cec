# SPDX-License-Identifier: GPL-2.0-only
"""Sizes counted elsewhere and conditions: the same answer as data, as Python and as source text."""

from __future__ import annotations

import pytest

from perc_scapy.errors import EncodeError
from perc_scapy.layers.fields import BitSet, Equals, NotEquals, Same, Size
from perc_scapy.layers.fields.relations import Condition, as_size


def test_size_in_words():
    words = Size("length", unit=4, pad=True)
    assert words.octets(3) == 12
    assert words.value(12) == 3
    assert words.padding(9) == bytes(3)
    assert words.padding(8) == b""
    with pytest.raises(EncodeError, match="units of 4"):
        words.value(9)
    assert Size("length", unit=4).padding(9) == b""


def test_size_with_offset():
    minus_one = Size("len", plus=1)
    assert minus_one.octets(0) == 1
    assert minus_one.value(16) == 15
    with pytest.raises(EncodeError):
        minus_one.value(0)
    assert as_size("length") == Size("length")
    assert as_size(minus_one) is minus_one
    assert as_size(None) is None


CONDITIONS = [
    (Equals("a", 1), [False, True, False, False]),
    (Equals("a", 1, 4), [False, True, False, True]),
    (NotEquals("a", 1), [True, False, True, True]),
    (BitSet("a", 6), [False, False, True, True]),
    (Same("a", "b"), [False, False, True, False]),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_conditions_say_the_same_as_their_source(condition: Condition, expected: list[bool]):
    for a, answer in zip((0, 1, 2, 4), expected, strict=True):
        values = {"a": a, "b": 2}
        assert condition.holds(values.get) is answer
        assert bool(eval(condition.source(str), values)) is answer


@pytest.mark.parametrize("condition", [Equals("a", 1), NotEquals("a", 1), BitSet("a", 1)])
def test_unknown_values_hold_nothing(condition):
    assert condition.holds({}.get) is False


def test_a_length_left_open_agrees_with_any():
    assert Same("a", "b").holds({"a": None, "b": 3}.get)
    assert set(Same("a", "b").fields) == {"a", "b"}
    assert BitSet("a", 1).fields == Equals("a", 1).fields == ("a",)

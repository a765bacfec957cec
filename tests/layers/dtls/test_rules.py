# SPDX-License-Identifier: GPL-2.0-only
"""Rules of DTLS structures, asked directly."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perc_scapy.layers.dtls.rules import (
    DistinctTypes,
    FragmentFits,
    LengthAmong,
    OneItem,
    RecordFits,
)


@pytest.mark.parametrize(
    ("length", "offset", "found", "fits"),
    [(10, 0, 10, True), (10, 4, 6, True), (10, 4, 7, False), (10, 0, 0, False), (0, 0, 0, True)],
)
def test_fragments(length, offset, found, fits):
    message = SimpleNamespace(length=length, fragment_offset=offset, fragment_length=found)
    assert (FragmentFits().problem(message, 0) is None) is fits


def test_lengths_left_open_are_not_judged():
    message = SimpleNamespace(length=None, fragment_offset=4, fragment_length=None)
    assert FragmentFits().problem(message, 0) is None
    assert RecordFits(5).problem(message, 0) is None
    assert RecordFits(5).problem(SimpleNamespace(length=6), 0)


def test_lists():
    one, two = SimpleNamespace(type=1), SimpleNamespace(type=2)
    rule = DistinctTypes("items")
    assert rule.problem(SimpleNamespace(items=[one, two, SimpleNamespace(type=None)]), 0) is None
    assert rule.problem(SimpleNamespace(items=None), 0) is None
    assert rule.problem(SimpleNamespace(items=[one, two, one]), 0) == "extension 1 twice"
    assert OneItem("items").problem(SimpleNamespace(items=[one]), 0) is None
    assert "2 found" in OneItem("items").problem(SimpleNamespace(items=[one, two]), 0)


def test_lengths():
    rule = LengthAmong("x", (0, 32))
    assert rule.problem(SimpleNamespace(x=bytes(32)), 0) is None
    assert rule.problem(SimpleNamespace(x=b"a"), 0) == "x has 1 octets, not 0 or 32"

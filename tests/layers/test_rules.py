# SPDX-License-Identifier: GPL-2.0-only
"""Shared rules, asked directly; the layers that list them are tested with them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perc_scapy.layers.rules import AtMost, FlagNeeds, LengthBetween, NotAmong, NotDecoded


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (LengthBetween("x", 1, 2), [b"a", b"ab"], [b"", b"abc"]),
        (AtMost("x", 7), [None, 0, 7], [8]),
        (NotAmong("x", range(3, 5), "is taken"), [2, 5, None], [3, 4]),
    ],
)
def test_one_field(rule, good, bad):
    assert [rule.problem(SimpleNamespace(x=v), 0) for v in good] == [None] * len(good)
    assert all("x" in rule.problem(SimpleNamespace(x=v), 0) for v in bad)


def test_flags_and_what_is_never_decoded():
    rule = FlagNeeds("b", "m")
    assert rule.problem(SimpleNamespace(b=1, m=0), 0) == "b is set without m"
    assert rule.problem(SimpleNamespace(b=1, m=1), 0) is None
    assert rule.problem(SimpleNamespace(b=0, m=0), 0) is None
    assert NotDecoded("why").problem(SimpleNamespace(), 0) == "why"

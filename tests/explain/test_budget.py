# SPDX-License-Identifier: GPL-2.0-only
"""What is hopeless is searched in depth twice, then briefly, and at last not at all."""

from __future__ import annotations

from perc_scapy.explain.budget import BRIEF, IN_DEPTH, Budget
from perc_scapy.explain.search import MAX_TRIALS, Outcome

FOUND, NOTHING = Outcome({}, 10), Outcome(None, 100)


def test_in_depth_then_brief() -> None:
    budget = Budget()
    for _ in range(IN_DEPTH):
        assert budget.limit("here") == MAX_TRIALS
        budget.spend("here", NOTHING)
    assert budget.limit("here") == BRIEF
    assert budget.limit("elsewhere") == MAX_TRIALS


def test_what_is_found_does_not_make_later_searches_brief() -> None:
    budget = Budget()
    for _ in range(10):
        assert budget.spend("here", FOUND) is FOUND
    assert budget.limit("here") == MAX_TRIALS


def test_the_end() -> None:
    budget = Budget(total=150)
    assert budget.limit("here") == 150
    budget.spend("here", NOTHING)
    assert budget.limit("here") == 50
    budget.spend("here", NOTHING)
    assert budget.limit("here") == 0

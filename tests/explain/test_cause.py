# SPDX-License-Identifier: GPL-2.0-only
"""How the end of a search is told."""

from __future__ import annotations

from perc_scapy.explain.cause import FOUND, OPEN, UNKNOWN, Cause, Explanation, of_search
from perc_scapy.explain.search import Option, Outcome


def test_kinds() -> None:
    right, wrong = Option(0), Option(1, "the moon is full", "RFC 1")
    assert of_search("x", Outcome({"a": right}, 1), "no").kind == OPEN
    found = of_search("x", Outcome({"a": wrong, "b": right}, 7), "no")
    assert (found.kind, found.clause, found.tried) == (FOUND, "RFC 1", 7)
    assert "the moon is full" in found.text
    assert of_search("x", Outcome(None, 9), "no") == Cause("x", UNKNOWN, "no", "", 9)


def test_json_has_all_parts() -> None:
    told = Explanation(Cause("x", FOUND, "t", "c", 3), [4, 5], "here").to_json()
    assert told == {"subject": "x", "kind": FOUND, "text": "t", "clause": "c", "tried": 3,
                    "where": "here", "packets": [4, 5]}  # fmt: skip

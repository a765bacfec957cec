# SPDX-License-Identifier: GPL-2.0-only
"""How an outcome reads."""

from perc_scapy.capture.checks.rule import check


def test_faults_are_named_but_not_all() -> None:
    assert check("n", [], "3 seen").detail == "3 seen"
    few = check("n", ["a", "b"], "")
    assert (few.ok, few.detail) == (False, "a; b")
    assert check("n", list("abcde"), "").detail == "a; b; c and 2 more"

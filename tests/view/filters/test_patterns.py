# SPDX-License-Identifier: GPL-2.0-only
"""Patterns that end soon on any value, and those that are refused because they may not."""

import pytest

from perc_scapy.view.filters.patterns import MAX_VALUE, STEPS, compile_pattern


def test_patterns_find_anywhere_without_case() -> None:
    assert compile_pattern("hello|server").found_in("CLIENT_HELLO")
    assert not compile_pattern("^hello").found_in("CLIENT_HELLO")


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "(a|aa)*b", "(a*)*", "(.*)*", "a*b*c*", "a?" * 20 + "b", r"(a)\1", "(?=a)a", "(?!a)b", "[", "a" * 300,
     "(a{2}){30}", "(ab|ba)" * 20, "(?P<x>a)(?(x)b|c)", "a{1,99999999999}"],
)  # fmt: skip
def test_costly_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        compile_pattern(pattern)


@pytest.mark.parametrize(("pattern", "long"), [("abc", 0), ("a.*b", 1), (".*a.*b", 2)])
def test_the_dearer_a_pattern_the_less_it_looks_at(pattern: str, long: int) -> None:
    limit = compile_pattern(pattern).limit
    assert limit <= MAX_VALUE
    assert limit ** (long + 1) <= STEPS
    assert not compile_pattern("b").found_in("a" * MAX_VALUE + "b")

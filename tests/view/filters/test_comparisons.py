# SPDX-License-Identifier: GPL-2.0-only
"""One value against one literal."""

import pytest

from perc_scapy.view.catalogue import FieldInfo
from perc_scapy.view.filters import comparisons
from perc_scapy.view.filters.tokens import Token, tokens_of


def token(text: str) -> Token:
    return tokens_of(text)[0]


def info(kind: str) -> FieldInfo:
    return FieldInfo("x", kind, "")


@pytest.mark.parametrize(
    ("kind", "text", "same", "other"),
    [("number", "0x10", 16, 17), ("octets", "a1:b2", "a1b2", "a1b3"), ("octets", '"ab"', "6162", "6163"),
     ("text", "ABC", "abc", "abd"), ("truth", "true", True, False), ("address", "::1", "::1", "::2"),
     ("layer", "DTLSEKTKey", "DTLSEKTKey", "DTLSFinished"), ("layer", "a1b2", "a1b2", "a1"), ("any", "5", 5, 6),
     ("any", "ab", "ab", "ac")],
)  # fmt: skip
def test_equal(kind: str, text: str, same: object, other: object) -> None:
    test = comparisons.equal_test(info(kind), token(text))
    assert test(same)
    assert not test(other)


def test_order_and_ranges() -> None:
    assert comparisons.order_test(info("number"), "<", token("5"))(4)
    assert not comparisons.order_test(info("number"), "<", token("5"))(5)
    assert comparisons.order_test(info("octets"), ">", token("a1"))("a2")
    assert not comparisons.order_test(info("octets"), ">", token("00"))("<1 octets, hidden>")
    test = comparisons.range_test(info("number"), token("2"), token("4"))
    assert [test(n) for n in range(6)] == [False, False, True, True, True, False]


def test_contains_minds_octets() -> None:
    test = comparisons.contains_test(info("octets"), token("1a"))
    assert test("001a00")
    assert not test("01a0")  # across two octets
    assert test("01a01a")
    assert comparisons.contains_test(info("text"), token("LL"))("hello")


def test_matches() -> None:
    assert comparisons.matches_test(info("octets"), token('"^A.C$"'))("414243")
    assert comparisons.matches_test(info("layer"), token("EKT"))("DTLSEKTKey")
    with pytest.raises(ValueError):
        comparisons.matches_test(info("number"), token("1"))

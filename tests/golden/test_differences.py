# SPDX-License-Identifier: GPL-2.0-only
"""What two expectations differ in, and how it is said."""

from perc_scapy.golden.differences import Difference, differences

MESSAGES = [{"message": f"> M{n}", "packet": n} for n in range(1, 6)]


def said(expected: object, seen: object) -> list[str]:
    return [str(found) for found in differences(expected, seen)]


def test_equal_documents_have_none() -> None:
    assert said({"a": [1, {"id": "x", "packet": 2}]}, {"a": [1, {"id": "x", "packet": 2}]}) == []


def test_a_missing_message_is_one_difference_not_a_shift_of_all_that_follow() -> None:
    (found,) = differences({"m": MESSAGES}, {"m": MESSAGES[:2] + MESSAGES[3:]})
    assert found == Difference("m[2]", MESSAGES[2], None, 3)
    assert str(found) == "m[2]: expected '> M3', seen nothing  (packet 3)"


def test_an_additional_and_a_replaced_message() -> None:
    new = {"message": "> X", "packet": 9}
    assert said({"m": MESSAGES}, {"m": [*MESSAGES, new]}) == [
        "m[5]: expected nothing, seen '> X'  (packet 9)"
    ]
    assert said({"m": MESSAGES}, {"m": [*MESSAGES[:4], new]}) == [
        "m[4]: expected '> M5', seen '> X'  (packet 9)"
    ]


def test_named_entries_are_found_by_name_in_any_order() -> None:
    a, b = {"name": "A", "packet": 1, "n": 1}, {"name": "B", "packet": 2, "n": 1}
    assert said([a, b], [b, a]) == []
    assert said([a, b], [{**b, "n": 2}]) == [
        "[A]: expected 'A', seen nothing  (packet 1)",
        "[B].n: expected 1, seen 2  (packet 2)",
    ]


def test_two_of_the_same_name_are_told_apart() -> None:
    one, two = {"name": "A", "n": 1}, {"name": "A", "n": 2}
    assert said([one, two], [one, one]) == ["[A #2].n: expected 2, seen 1"]


def test_a_field_that_is_new_or_gone() -> None:
    assert said({"a": 1}, {"b": 2}) == [
        "a: expected 1, seen nothing",
        "b: expected nothing, seen 2",
    ]


def test_another_kind_of_value() -> None:
    assert said({"a": [1]}, {"a": {"b": 1}}) == ["a: expected [1], seen {'b': 1}"]

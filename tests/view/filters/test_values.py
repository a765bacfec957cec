# SPDX-License-Identifier: GPL-2.0-only
"""Slices and functions."""

import pytest

from perc_scapy.view.catalogue import FieldInfo
from perc_scapy.view.filters.values import applied, field_operand, sliced

OCTETS = field_operand(FieldInfo("x", "octets", ""))


def get(values):
    return lambda name: values


@pytest.mark.parametrize(
    ("text", "cut"),
    [("0:2", "0001"), ("1-2", "0102"), ("3", "03"), (":1", "00"), ("2:", "0203"), ("-1", "03"), ("-2:", "0203"),
     ("-2:1", "02"), ("1:9", "010203"), ("0:4", "00010203")],
)  # fmt: skip
def test_slices(text: str, cut: str) -> None:
    assert sliced(OCTETS, text).values(get(["00010203"])) == [cut]


def test_a_slice_behind_the_end_is_no_value_and_keys_have_none() -> None:
    assert sliced(OCTETS, "9:1").values(get(["0001", "<16 octets, hidden>"])) == []


@pytest.mark.parametrize("text", ["", "a", "1:b", "1:2:3"])
def test_no_slice(text: str) -> None:
    with pytest.raises(ValueError):
        sliced(OCTETS, text)


def test_functions() -> None:
    text = field_operand(FieldInfo("x", "text", ""))
    assert applied("len", OCTETS).values(get(["0001", "", "<16 octets, hidden>"])) == [2, 0, 16]
    assert applied("len", text).values(get(["abc"])) == [3]
    assert applied("count", OCTETS).values(get(["", ""])) == [2]
    assert applied("lower", text).values(get(["AbC"])) == ["abc"]

# SPDX-License-Identifier: GPL-2.0-only
"""What a word means."""

import pytest

from perc_scapy.view.catalogue import FieldInfo
from perc_scapy.view.filters import literals

PLAIN = FieldInfo("x", "number", "")
NAMED = FieldInfo("x", "number", "", {"full": 2})


def test_numbers() -> None:
    assert literals.number("12", PLAIN) == 12
    assert literals.number("0x1F", PLAIN) == 31
    assert literals.number("1.5", PLAIN) == 1.5
    assert literals.number("FULL", NAMED) == 2
    assert literals.number("007", PLAIN) == 7
    for text, info in (("full", PLAIN), ("fill", NAMED), ("0x", PLAIN), ("1.", PLAIN)):
        with pytest.raises(ValueError):
            literals.number(text, info)


@pytest.mark.parametrize(
    ("text", "found"),
    [("a1:b2", "a1b2"), ("A1B2", "a1b2"), ("0xa1b2", "a1b2"), ("1:2", "0102"), ("a1-b2", "a1b2")],
)
def test_octets(text: str, found: str) -> None:
    assert literals.octets(text) == found
    assert literals.octets(text, quoted=True) == text.encode().hex()


@pytest.mark.parametrize("text", ["a", "abc", "a1:", "xy", "a1:b2:xyz"])
def test_no_octets(text: str) -> None:
    with pytest.raises(ValueError):
        literals.octets(text)


def test_addresses() -> None:
    assert literals.address("10.0.0.0/8")("10.1.2.3")
    assert not literals.address("10.0.0.0/8")("11.1.2.3")
    assert not literals.address("10.0.0.0/8")("::1")
    assert literals.address("0:0::1")("::1")
    assert literals.address("fe80::/10")("fe80::1")
    with pytest.raises(ValueError):
        literals.address("10.0.0.0/99")


def test_truth_and_hints() -> None:
    assert literals.truth("TRUE") is True
    assert literals.truth("0") is False
    assert literals.near("ful", {"full"}) == "; did you mean full?"
    names = {"tcp.seq", "rtp.ssrc", "rtp.sequence_number", "rtp.ekt"}
    assert literals.near("rtp.seq", names).startswith("; did you mean rtp.sequence_number or ")


def test_a_name_like_no_other_gets_the_way_to_the_list() -> None:
    assert literals.near_field("zzz", {"rtp.ssrc"}) == "; perc dissect --fields lists the names"
    assert literals.near_field("rtp.src", {"rtp.ssrc"}) == "; did you mean rtp.ssrc?"
    assert literals.near("zzz", {"full"}) == ""

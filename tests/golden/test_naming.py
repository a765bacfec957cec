# SPDX-License-Identifier: GPL-2.0-only
"""Names that do not change from run to run."""

import pytest

from perc_scapy.golden.naming import Names, without_numbers
from tests.golden.samples import opened


def test_people_and_keys_in_the_order_of_first_sight() -> None:
    analysis = opened("new-user-joins")
    names = Names(analysis)
    assert [p.letter for p in names.people] == ["A", "B", "C"]
    assert list(names.ekt.values()) == ["K1", "K2"]
    assert sorted(names.keys.values()) == ["A.1", "A.2", "B.1", "B.2", "C.1"]
    assert [names.association(a) for a in analysis.associations] == ["A1", "B1", "C1"]


def test_one_who_comes_back_is_the_same_person_with_a_second_association() -> None:
    analysis = opened("leave-and-rejoin")
    names = Names(analysis)
    assert [names.association(a) for a in analysis.associations] == ["A1", "B1", "C1", "B2"]
    assert {names.owner(p.ssrc) for p in analysis.media if p.kind == "rtp"} == {"A", "B", "C"}


def test_what_nobody_owns() -> None:
    names = Names(opened("mdd-media"))
    assert names.owner(0x4D444421) == "?"
    assert names.of(None) == "?"
    assert (names.ekt_key(None), names.ekt_key(70000)) == ("K?", "K?")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("EKT: no parameter set for SPI 22380", "EKT: no parameter set for SPI #"),
        ("SSRC 1939e937 of DTLS 1.3", "SSRC # of DTLS 1.3"),
        ("profile 0x0009", "profile #"),
        ("a decade of added facades", "a decade of added facades"),
    ],
)
def test_sentences_without_numbers(text: str, plain: str) -> None:
    assert without_numbers(text) == plain

# SPDX-License-Identifier: GPL-2.0-only
"""Baselines: what is read, what they cover, when they end."""

from __future__ import annotations

from datetime import date

import pytest

from perc_scapy.conform.model import FAIL, Report
from perc_scapy.conform.waivers import Waiver, apply, new_waivers, read_waivers
from perc_scapy.errors import ConfigError
from tests.conform.test_model import result

DAY = date(2027, 1, 31)
FAILED = Report((result("EKT-15", FAIL, seen="rare", capture="x/call"),), "x/call")


def one(**changes: object) -> Waiver:
    return Waiver(**{"id": "EKT-15", "reason": "ticket", "expires": DAY, **changes})  # type: ignore[arg-type]


def test_reading() -> None:
    text = '[[waiver]]\nid = "EKT-*"\nreason = "r"\nexpires = 2027-01-31\n'
    assert read_waivers(text) == [Waiver("EKT-*", "r", DAY)]
    assert read_waivers("# nothing yet\n") == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[waiver]", "b.toml:"),
        ("[waiver]\n", "two brackets"),
        ("[[waivers]]\n", "unknown key 'waivers'"),
        ('[[waiver]]\nreason="r"\nexpires=2027-01-31\n', "waiver 1: id is missing"),
        ('[[waiver]]\nid="A-1"\nreason=" "\nexpires=2027-01-31\n', "reason is missing"),
        ('[[waiver]]\nid="A-1"\nreason="r"\n', "expires is a day"),
        ('[[waiver]]\nid="A-1"\nreason="r"\nexpires="2027-01-31"\n', "without quotes"),
        ('[[waiver]]\nid="A-1"\nreason="r"\nexpires=2027-01-31T10:00:00\n', "expires is a day"),
        ('[[waiver]]\nid="A-1"\nreason="r"\nexpires=2027-01-31\nuntil=1\n', "unknown key 'until'"),
        ('[[waiver]]\nid="A-1"\nreason="r"\nexpires=2027-01-31\ncapture=1\n', "name or pattern"),
        ("waiver = [1]\n", "not a table"),
    ],
)
def test_mistakes_are_named(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=r"b\.toml") as caught:
        read_waivers(text, "b.toml")
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "waiver", [one(), one(id="EKT-*"), one(capture="x/*"), one(capture="x/call")]
)
def test_it_covers_its_failure_until_the_day(waiver: Waiver) -> None:
    (report,), unused = apply([FAILED], [waiver], DAY)
    assert report.passed
    assert report.results[0].waived == "ticket"
    assert unused == []


@pytest.mark.parametrize("waiver", [one(id="EKT-16"), one(capture="y/*")])
def test_it_covers_nothing_else_and_says_so(waiver: Waiver) -> None:
    (report,), unused = apply([FAILED], [waiver], DAY)
    assert not report.passed
    assert unused == [waiver]


def test_afterwards_the_failure_tells_of_it() -> None:
    (report,), unused = apply([FAILED], [one()], date(2027, 2, 1))
    assert not report.passed
    assert report.results[0].seen == "rare [waiver expired 2027-01-31: ticket]"
    assert unused == []


def test_what_is_written_is_read_again() -> None:
    odd = one(reason='a "quoted"\nreason \\ with \x07', capture="x/call")
    assert read_waivers(odd.to_toml()) == [odd]


def test_new_ones_for_what_nothing_waives() -> None:
    made = new_waivers([FAILED, FAILED], [], "later", DAY)
    assert made == [Waiver("EKT-15", "later", DAY, "x/call")]
    assert new_waivers([FAILED], made, "later", DAY) == []
    (waived,), _ = apply([FAILED], [one()], DAY)
    assert new_waivers([waived], [], "later", DAY) == []

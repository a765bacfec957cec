# SPDX-License-Identifier: GPL-2.0-only
"""A ladder that a person reads: columns, arrows, widths, missing steps."""

import re

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.steps import Check, Section, Step, Story
from perc_scapy.capture.story import Storyteller
from perc_scapy.view.ladder import ladder
from perc_scapy.view.style import Style
from tests.capture.handmade import k, three_flows

SMALL = Story(
    ["A", "B", "MDD", "KMF"],
    [
        Section(
            "Somebody comes",
            [
                Step("SS1-01", "A", "MDD", "ClientHello", 7),
                Step("", "MDD", "A", "HelloVerifyRequest", 8),
                Step("SS1-02", "MDD", "KMF", "Tunnel(ClientHello)", None, ["A -> B"]),
                Step("SS1-03", "A", "KMF", "all", 1234, both_ways=True),
            ],
        )
    ],
    [Check("order", True, "kept"), Check("keys", False, "none")],
)


def test_unicode() -> None:
    assert ladder(SMALL, Style(width=77)).splitlines() == [
        "Somebody comes",
        "                 A       B      MDD     KMF",
        "✓ SS1-01      7  ├───────┼──────▶│       │  ClientHello",
        "+             8  │◀──────┼───────┤       │  HelloVerifyRequest",
        "✗ SS1-02      -  │       │       ├╌╌╌╌╌╌▶│  Tunnel(ClientHello)",
        "                 · A → B",
        "✓ SS1-03   1234  │◀──────┼───────┼──────▶│  all",
        "",
        "Checks",
        "✓ order: kept",
        "✗ keys: none",
        "",
        "FAIL  2 of 3 steps, 1 of 2 checks",
    ]


def test_ascii() -> None:
    lines = ladder(SMALL, Style(unicode=False, width=77)).splitlines()
    assert lines[2] == "v SS1-01      7  |-------+------>|       |  ClientHello"
    assert lines[4] == "X SS1-02      -  |       |       |......>|  Tunnel(ClientHello)"
    assert "\n".join(lines).isascii()


def test_colour_changes_no_column() -> None:
    plain = ladder(SMALL, Style(width=90))
    coloured = ladder(SMALL, Style(width=90, color=True))
    assert "\033[1;31m" in coloured
    assert re.sub(r"\033\[[\d;]*m", "", coloured) == plain


@pytest.mark.parametrize("width", [72, 80, 100, 120])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_whole_conference_fits(width: int, unicode: bool) -> None:
    talk = three_flows()
    story = Storyteller(Analysis(talk.trace, talk.keylog())).story()
    text = ladder(story, Style(unicode, False, width))
    assert max(map(len, text.splitlines())) <= width
    for step in story.steps():
        assert step.id in text
    assert text.endswith("\nPASS  48 of 48 steps")
    if width >= 80:
        assert "Tunnel(ServerHello, Certificate)" in text


def test_many_participants_are_narrow_and_long_texts_are_cut() -> None:
    talk = three_flows()
    for number, name in enumerate("DEFGHIJK", 3):
        talk.join(name, k(number))
    text = ladder(Storyteller(Analysis(talk.trace, talk.keylog())).story(), Style(width=80))
    assert max(map(len, text.splitlines())) <= 100
    assert "…" in text


def test_no_key_octets() -> None:
    talk = three_flows()
    text = ladder(Storyteller(Analysis(talk.trace, talk.keylog())).story())
    for person in talk.people.values():
        assert bytes(person.keys.client.outer().key).hex()[:12] not in text
        assert person.keys.client.outer().key.id in text


def test_what_stays_closed_is_not_painted_as_a_success() -> None:
    step = Step("D1-01", "client", "server", "ClientHello", 1)
    story = Story(["client", "server"], [Section("DTLS that stays closed", [step], closed=True)])
    last = ladder(story, Style(color=True)).splitlines()[-1]
    assert last == "\033[36mUNKNOWN\033[0m  1 of 1 steps, more stays closed"

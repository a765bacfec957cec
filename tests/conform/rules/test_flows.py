# SPDX-License-Identifier: GPL-2.0-only
"""The message flows: every step passes in a good conference, and fails where what follows it is there without it."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform import judge, rule_book
from perc_scapy.conform.model import FAIL
from perc_scapy.conform.rules import flows
from tests.capture.handmade import k
from tests.conform.planted.ekt_in_media import joiner_can_look_back
from tests.conform.planted.stories import without
from tests.conform.rules.cases import must_pass
from tests.conform.stage import conference, three

SPEAKS = {"SS2-13": "A", "SS2-15": "B", "NUJ-14": "C"}
"""Steps in which a sender tells its key, and who that is."""
HEARS = {
    "SS2-14": ("A", "B"),
    "SS2-16": ("B", "A"),
    "NUJ-15": ("C", "B"),
    "NUJ-16": ("C", "A"),
}
"""Steps in which a packet reaches a listener: of whom, and who that is."""
STEPS = [id_ for id_ in rule_book() if id_.split("-")[0] in flows.FLOWS]


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return three().analysis()


def test_all_steps_of_the_three_flows_are_judged() -> None:
    assert len(STEPS) == 48


@pytest.mark.parametrize("id_", STEPS)
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


@pytest.mark.parametrize("id_", [id_ for id_ in STEPS if id_ not in {*SPEAKS, *HEARS}])
def test_a_missing_step_is_told_by_what_follows(id_: str, analysis: Analysis) -> None:
    subject = without(analysis, id_)
    faults = [f for f in rule_book()[id_].judge(subject) if not f.ok]
    assert faults
    assert f"without {id_} (" in faults[0].seen
    assert faults[0].packet in {d.number for d in analysis.datagrams}


@pytest.mark.parametrize("id_", SPEAKS)
def test_a_sender_that_never_tells_its_key_is_found(id_: str) -> None:
    stage = conference("AB", 0)
    stage.join("C", k(2))
    for name in "BA":
        stage.give(name, k(2))
    if id_ != "NUJ-14":
        stage = conference("AB", 0)
    for _ in range(flows.MANY):
        stage.packet(SPEAKS[id_], field=b"\0")
    result = judge(stage.analysis()).result(id_)
    assert result.result == FAIL
    assert f"20 packets of {SPEAKS[id_]} without {id_} (" in result.seen


@pytest.mark.parametrize("id_", HEARS)
def test_a_listener_that_is_sent_nothing_is_found(id_: str) -> None:
    stage, (sender, listener) = conference("AB", 0), HEARS[id_]
    if id_.startswith("NUJ"):
        stage.join("C", k(2))
        for name in "BA":
            stage.give(name, k(2))
    stage.egress = lambda who, to, one: [] if (who, to) == (sender, listener) else [one]
    stage.talk(sender, flows.MANY + 2)
    result = judge(stage.analysis()).result(id_)
    assert result.result == FAIL
    assert f"packets of {sender} without {id_} (" in result.seen


def test_a_joiner_that_can_look_back_fails_where_it_got_its_key() -> None:
    result = judge(joiner_can_look_back()).result("NUJ-03")
    assert result.result == FAIL
    assert "packets sent before it joined" in result.seen


def test_a_capture_that_ends_early_proves_nothing() -> None:
    """No step is called missing because the recording stopped."""
    trace = three().trace
    stage = three()
    for end in range(1, len(trace), 7):
        stage.trace = trace[:end]
        report = judge(stage.analysis(), ids=STEPS)
        assert [r.id for r in report.failures] == [], end


def test_flows_of_two_people_do_not_exercise_the_third() -> None:
    report = judge(conference("AB").analysis(), ids=STEPS)
    third = {r.result for r in report.results if r.id.startswith("NUJ")}
    assert third == {"not exercised"}
    assert report.failures == ()

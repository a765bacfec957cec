# SPDX-License-Identifier: GPL-2.0-only
"""The story of captures with more in them than the three flows, and of captures with holes."""

from __future__ import annotations

import random

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.steps import Story
from perc_scapy.capture.story import Storyteller
from perc_scapy.capture.whole_story import whole_story
from perc_scapy.view.ladder import ladder
from perc_scapy.view.svg import svg_ladder
from tests.capture.golden_captures import NAMES, golden
from tests.capture.handmade import three_flows


def titles(story: Story) -> list[str]:
    return [section.title for section in story.sections]


def messages(story: Story) -> list[str]:
    return [step.message for section in story.sections for step in section.steps]


def test_one_conference_is_told_as_ever() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    whole, flows = whole_story(analysis), Storyteller(analysis).story()
    assert whole.columns == flows.columns
    assert [s.id for s in whole.steps()] == [s.id for s in flows.steps()]
    assert whole.passed


def test_two_conferences_each_with_its_own_flows() -> None:
    story = whole_story(golden("two-conferences"))
    assert {title.split(":")[0] for title in titles(story)} == {"Conference red", "Conference blue"}
    assert story.columns == ["A", "B", "C", "D", "MDD", "KMF"]
    assert story.passed
    assert len(list(story.steps())) == 64


def test_who_comes_back_and_keys_given_later() -> None:
    story = whole_story(golden("leave-and-rejoin"))
    assert "B comes back" in titles(story)
    assert {"EKT key K3", "EKT key K4"} <= set(titles(story))
    (ends,) = [s for s in story.sections if s.title == "Ends"]
    assert [(s.src, s.dst, s.message) for s in ends.steps] == [
        ("B", "MDD", "close_notify"), ("MDD", "KMF", "Tunnel(close_notify)"),
        ("KMF", "MDD", "Tunnel(close_notify)"), ("MDD", "B", "close_notify"),
    ]  # fmt: skip


def test_new_end_to_end_keys_under_the_same_ekt_key() -> None:
    story = whole_story(golden("e2e-rekey"))
    (section,) = [s for s in story.sections if s.title == "End-to-end keys made anew"]
    assert all(step.notes and " -> " in step.notes[0] for step in section.steps)


@pytest.mark.parametrize("name", ["hbh-only-gcm", "hbh-only-cm80", "hbh-only-cm32"])
def test_without_ekt_no_ekt_steps_are_missed(name: str) -> None:
    story = whole_story(golden(name))
    assert story.passed
    assert not [m for m in messages(story) if "ekt_key" in m]
    assert "Media, hop by hop" in titles(story)


@pytest.mark.parametrize("name", ["webrtc-gcm", "webrtc-cm80"])
def test_a_call_has_two_columns(name: str) -> None:
    story = whole_story(golden(name))
    assert story.columns == ["client", "server"]
    assert story.passed
    assert len(list(story.steps())) == 4


@pytest.mark.parametrize("name", ["rfc9185-tls12", "rfc9185-tls13"])
def test_a_tunnel_over_tls(name: str) -> None:
    story = whole_story(golden(name))
    assert story.passed
    assert any(message.startswith("EndpointDisconnect of ") for message in messages(story))


def test_a_repeat_is_noted_at_its_step() -> None:
    notes = [
        note
        for section in whole_story(golden("loss")).sections
        for s in section.steps
        for note in s.notes
    ]
    assert any(note.startswith("sent again in packet ") for note in notes)


@pytest.mark.parametrize("name", NAMES)
def test_every_golden_capture_can_be_drawn(name: str) -> None:
    story = whole_story(golden(name))
    assert set(story.columns) >= {
        c for s in story.sections for step in s.steps for c in (step.src, step.dst)
    }
    text = ladder(story)
    for step in story.steps():
        assert step.id in text
    assert svg_ladder(story).endswith("</svg>\n")


def test_no_hole_breaks_it() -> None:
    """Any part of a capture, with or without keys, in any order."""
    talk, dice = three_flows(), random.Random(2)
    for turn in range(12):
        trace = [d for d in talk.trace if dice.random() < dice.choice((0.3, 0.7, 0.95))]
        if turn % 3 == 2:
            dice.shuffle(trace)
        story = whole_story(Analysis(trace, talk.keylog() if turn % 2 else KeyLog()))
        assert ladder(story)
        assert svg_ladder(story)
    assert ladder(whole_story(Analysis([])))

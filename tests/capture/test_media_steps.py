# SPDX-License-Identifier: GPL-2.0-only
"""Which packet shows a media step."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media_steps import delivered, e2e_keys, media_steps
from perc_scapy.capture.participants import Participant, find_participants
from tests.capture.handmade import HandmadeConference, k


@pytest.fixture(scope="module")
def people() -> list[Participant]:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(6):
        talk.say("A", b"%d" % n)
    for name in "AB":
        talk.give(name, k(2))
    for n in range(6):
        talk.say("A", b"again %d" % n)
    return find_participants(Analysis(talk.trace, talk.keylog()))


def test_the_first_full_field_under_the_key_asked_for(people: list[Participant]) -> None:
    a, b = people
    before, after = delivered(a, b, 1)
    assert before is a.sent[0]
    assert after.rtp == before.rtp
    assert delivered(a, b, 2)[0].opened.spi == 2
    assert delivered(a, b, 3) is None
    assert delivered(b, a, 1) is None


def test_steps_may_be_asked_for_after_a_packet(people: list[Participant]) -> None:
    a, b = people
    first = delivered(a, b, 1)[0].number
    assert delivered(a, b, 1, first)[0].number > first
    steps = media_steps(a, [(b, "X-02")], 1, "K1", "X-01", first)
    assert [step.id for step in steps] == ["X-01", "X-02"]
    assert first < steps[0].packet < steps[1].packet


@pytest.mark.req("R8871-22", "EKT-17")
def test_changes_of_the_senders_key(people: list[Participant]) -> None:
    keys = e2e_keys(people[0])
    assert [(spi, epoch) for _, spi, epoch, _ in keys] == [(1, 0), (2, 0)]
    assert keys[0][3] != keys[1][3]
    assert e2e_keys(people[1]) == []


def test_media_of_one_layer_at_every_hop() -> None:
    from perc_scapy.capture.media_steps import hop_media_steps
    from perc_scapy.capture.participants import find_participants
    from tests.capture.golden_captures import golden

    people = find_participants(golden("hbh-only-gcm"))
    steps = hop_media_steps(people[0], people)
    assert [(s.src, s.dst) for s in steps] == [("A", "MDD"), ("MDD", "B")]
    assert steps[0].packet < steps[1].packet

# SPDX-License-Identifier: GPL-2.0-only
"""The three flows in a capture of known contents, whole and with holes."""

from pathlib import Path

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.steps import Story
from perc_scapy.capture.story import Storyteller, numbered
from perc_scapy.capture.whole_story import whole_story
from perc_scapy.golden.folder import open_file
from tests.capture.handmade import KMF, MDD_MEDIA, HandmadeConference, k, three_flows

FLOWS = ("SS1", "SS2", "NUJ")
STEPS = [f"{flow}-{n:02d}" for flow in FLOWS for n in range(1, 17)]


def story_of(talk: HandmadeConference, trace=None, keylog=None, expected=None) -> Story:
    analysis = Analysis(
        talk.trace if trace is None else trace, talk.keylog() if keylog is None else keylog
    )
    return Storyteller(analysis).story(expected)


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.mark.req(*STEPS, "SLD-OBJ-02", "SLD-OBJ-03")
def test_every_step_between_the_right_parties(talk: HandmadeConference) -> None:
    story = story_of(talk)
    assert [step.id for step in story.steps()] == STEPS
    assert story.columns == ["A", "B", "C", "MDD", "KMF"]
    names = {p.address: n for n, p in talk.people.items()}
    for step in story.steps():
        seen = talk.trace[step.packet - 1]
        ends = {_party(seen.src, names), _party(seen.dst, names)}
        expected = {"C", "MDD"} if step.both_ways else {step.src, step.dst}
        assert ends == expected, step
        if not step.both_ways:
            sender = KMF if step.src == "KMF" else None
            assert (seen.src == KMF) == (sender is KMF), step


def _party(address, names: dict) -> str:
    if address == KMF:
        return "KMF"
    return names.get(address, "MDD")


@pytest.mark.req("T00-TUN-03")
def test_cookie_round_trips_are_rows_without_a_number(talk: HandmadeConference) -> None:
    rows = [s for section in story_of(talk).sections for s in section.steps if not s.id]
    assert [row.message for row in rows] == [
        "HelloVerifyRequest",
        "ClientHello, cookie",
        *["Tunnel(HelloVerifyRequest)", "HelloVerifyRequest", "ClientHello, cookie",
          "Tunnel(ClientHello, cookie)"] * 2,
    ]  # fmt: skip
    without = story_of(three_flows(cookies=False))
    assert [step.id for section in without.sections for step in section.steps] == STEPS
    assert without.passed


REPEATED = {"SS1-01", "SS1-05", "SS2-01", "NUJ-01"} | {f"SS2-{n}" for n in range(13, 17)}
REPEATED |= {f"NUJ-{n}" for n in range(14, 17)}
"""Steps that a second ClientHello or a later packet of the same stream shows as well."""


def test_each_packet_taken_away_is_a_step_not_seen(talk: HandmadeConference) -> None:
    """Steps that later packets cannot stand in for."""
    whole = {step.id: step.packet for step in story_of(talk).steps()}
    for missing in STEPS:
        if missing in REPEATED:
            continue
        trace = [d for d in talk.trace if d.number != whole[missing]]
        story = story_of(talk, trace)
        assert missing in [s.id for s in story.steps() if not s.seen], missing
        assert not story.passed


@pytest.mark.req("SS1-12", "SS1-14", "NUJ-08", "NUJ-12", "T00-KMF-13")
def test_state_changes_are_told_with_names_of_keys(talk: HandmadeConference) -> None:
    notes = {step.id: " / ".join(step.notes) for step in story_of(talk).steps()}
    a, b = talk.people["A"], talk.people["B"]
    assert a.keys.client.outer().key.id in notes["SS1-11"]
    assert a.keys.server.outer().key.id in notes["SS1-11"]
    assert "A has HBH and E2E keys" in notes["SS1-12"].split(" / ")
    assert f"A holds K1: SPI 0x0001, key {k(1).key.id}" in notes["SS1-14"]
    assert f"SPI 0x0002, key {k(2).key.id}" in notes["NUJ-07"]
    assert f"-> {b.sender.ekt.master(talk.now).key.id}" in notes["NUJ-08"]
    assert "MDD runs profiles 0009" in notes["SS1-06"]


def test_no_key_octets_in_the_story(talk: HandmadeConference) -> None:
    story = story_of(talk)
    text = repr(story) + str(story.to_json())
    secrets = [p.keys.client.key for p in talk.people.values()] + [k(1).key, k(2).key, k(1).salt]
    for secret in secrets:
        assert bytes(secret).hex()[:16] not in text


def test_without_keys_only_the_links_show(talk: HandmadeConference) -> None:
    story = story_of(talk, keylog=KeyLog())
    seen = {step.id for step in story.steps() if step.seen}
    assert "SS1-06" not in seen
    assert "SS1-13" not in seen
    assert not story.passed


def test_missing_participants_are_missing_steps() -> None:
    empty = Storyteller(Analysis([], KeyLog())).story(3)
    assert [step.id for step in empty.steps()] == STEPS
    assert not any(step.seen for step in empty.steps())
    assert Storyteller(Analysis([], KeyLog())).story().sections == []


@pytest.mark.req("NUJ-01")
def test_a_fourth_participant_is_one_more_join() -> None:
    talk = three_flows()
    talk.join("D", k(3))
    for name in "CBA":
        talk.give(name, k(3))
    for n in range(3):
        for name in "DABC":
            talk.say(name, b"four %d" % n)
    story = story_of(talk)
    ids = [step.id for step in story.sections[3].steps]
    assert story.passed
    assert ids[:5] == [f"NUJ-0{n}.D" for n in range(1, 6)]
    assert ids[5:9] == [f"NUJ-0{n}.D.C" for n in range(6, 10)]
    assert ids[-4:] == ["NUJ-14.D", "NUJ-15.D.C", "NUJ-16.D.B", "NUJ-16.D.A"]
    assert len(set(ids)) == len(ids) == 21


def test_media_is_what_a_receiver_opened_not_what_was_sent() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    talk.say("A", b"never relayed")
    trace = [d for d in talk.trace if not (d.src == MDD_MEDIA and d.number > len(talk.trace) - 1)]
    seen = {step.id: step.seen for step in story_of(talk, trace).steps()}
    assert (seen["SS2-13"], seen["SS2-14"]) == (False, False)


def test_numbers() -> None:
    assert [numbered("NUJ", 6, ".D.B")(n) for n in range(2)] == ["NUJ-06.D.B", "NUJ-07.D.B"]


CAPTURES = Path(__file__).parents[2] / "captures"


def test_one_layer_of_srtp_brings_no_end_to_end_keys() -> None:
    story = whole_story(open_file(CAPTURES / "violation-stripped-profiles/trace.pcapng").analysis)
    notes = {step.id: step.notes for step in story.steps()}
    assert "A has HBH keys" in notes["SS1-12"]

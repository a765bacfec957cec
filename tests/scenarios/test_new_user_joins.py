# SPDX-License-Identifier: GPL-2.0-only
"""New User Joins: the third participant, and new end-to-end keys for all.

Steps 2-5 (C), 6-9 (B) and 10-13 (A) run beside each other; order is asserted within each.
"""

from __future__ import annotations

import pytest

from perc_scapy.crypto import SrtpContext
from perc_scapy.roles.events import (
    EktKeyCreated,
    EktKeyDelivered,
    EktKeyInstalled,
    HopKeysInstalled,
    MediaReady,
    MediaReceived,
    SenderKeyLearned,
    SendingKeyChanged,
)
from perc_scapy.sim.conference import SimConference
from perc_scapy.wire import peel_ekt
from tests.scenarios.conftest import Run
from tests.scenarios.story import Row, Story
from tests.scenarios.test_session_setup import of_member, own

OLD, NEW = 0, 1
"""Place of K1 and K2 among the EKT keys that the KMF made."""


def spi(run: Run, which: int) -> int:
    created = run.conference.kmf.of(EktKeyCreated)
    assert len(created) == 2
    number: int = created[which].spi
    return number


def srtp(run: Run, source: str, destination: str, since: float, until: float = 1e9) -> list[Row]:
    rows = run.story.all(source, destination, "srtp")
    return [row for row in rows if since <= row.time < until]


@pytest.mark.req("NUJ-01")
def test_the_new_participant_is_set_up_like_the_others(run: Run) -> None:
    steps = ["client_hello", "finished", "finished", "finished"]
    ends = [("mdd", "kmf", "c"), ("mdd", "kmf", "c"), ("kmf", "mdd", "c"), ("mdd", "c", "")]
    found = [
        run.story.find(source, destination, name, about, run.third)
        for name, (source, destination, about) in zip(steps, ends, strict=True)
    ]
    assert [row.packet for row in found] == sorted(row.packet for row in found)
    (installed,) = of_member(run, "c", HopKeysInstalled)
    others = [e for e in run.conference.mdd.of(HopKeysInstalled) if e is not installed]
    assert installed.client_key_id not in {e.client_key_id for e in others}


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("c", marks=pytest.mark.req("NUJ-02")),
        pytest.param("b", marks=pytest.mark.req("NUJ-06")),
        pytest.param("a", marks=pytest.mark.req("NUJ-10")),
    ],
)
def test_the_kmf_sends_the_new_key(run: Run, who: str) -> None:
    row = run.story.find("kmf", "mdd", "ekt_key", who, run.third)
    assert row.packet > run.story.find("mdd", "kmf", "finished", "c").packet, "after C is set up"
    assert row.message is not None
    assert row.message.keys is None
    created = run.conference.kmf.of(EktKeyCreated)[NEW]
    assert (created.reason, created.spi != spi(run, OLD)) == ("join", True)


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("c", marks=pytest.mark.req("NUJ-03")),
        pytest.param("b", marks=pytest.mark.req("NUJ-07")),
        pytest.param("a", marks=pytest.mark.req("NUJ-11")),
    ],
)
def test_the_participant_holds_the_new_key(run: Run, who: str) -> None:
    tunneled = run.story.find("kmf", "mdd", "ekt_key", who, run.third).message
    assert tunneled is not None
    assert run.story.find("mdd", who, "ekt_key", after=run.third).data == tunneled.dtls
    held = [event.spi for event in own(run, who, EktKeyInstalled)]
    both = [spi(run, OLD), spi(run, NEW)]
    assert held == (both[1:] if who == "c" else both), "C never gets K1"
    assert run.conference.endpoints[who].endpoint.spis(run.conference.now) == held


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("c", marks=pytest.mark.req("NUJ-04")),
        pytest.param("b", marks=pytest.mark.req("NUJ-08", "R8871-22")),
        pytest.param("a", marks=pytest.mark.req("NUJ-12", "R8871-22")),
    ],
)
def test_it_acknowledges_and_those_who_had_a_key_change_theirs(run: Run, who: str) -> None:
    got = run.story.find("mdd", who, "ekt_key", after=run.third)
    assert run.story.find(who, "mdd", "ack", after=run.third).packet > got.packet
    changes = own(run, who, SendingKeyChanged)
    assert [e.spi for e in changes] == ([] if who == "c" else [spi(run, NEW)])
    if changes:
        assert changes[0].epoch == 0
        assert changes[0].key_id != own(run, who, MediaReady)[0].key_id


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("c", marks=pytest.mark.req("NUJ-05")),
        pytest.param("b", marks=pytest.mark.req("NUJ-09")),
        pytest.param("a", marks=pytest.mark.req("NUJ-13")),
    ],
)
def test_the_kmf_knows_who_holds_the_new_key(run: Run, who: str) -> None:
    row = run.story.find("mdd", "kmf", "ack", who, run.third)
    assert row.message is not None
    assert row.message.profiles is None
    assert of_member(run, who, EktKeyDelivered)[-1].spi == spi(run, NEW)


@pytest.mark.req("NUJ-14")
def test_the_new_participant_talks_under_the_new_key_only(run: Run) -> None:
    came = srtp(run, "c", "mdd", run.third)
    assert len(came) == 30
    assert came[0].packet > run.story.find("mdd", "c", "ekt_key").packet
    fields = [peel_ekt(row.data)[1] for row in came]
    assert [field.type for field in fields[:3]] == [2, 2, 2]
    assert {field.spi for field in fields if field.type == 2} == {spi(run, NEW)}


@pytest.mark.parametrize(
    "listener",
    [
        pytest.param("b", marks=pytest.mark.req("NUJ-15")),
        pytest.param("a", marks=pytest.mark.req("NUJ-16")),
    ],
)
def test_the_others_hear_the_new_participant(run: Run, listener: str) -> None:
    came, ssrc = srtp(run, "c", "mdd", run.third), run.conference.endpoints["c"].endpoint.ssrc
    went = [
        row
        for row in srtp(run, "mdd", listener, run.third)
        if row.data[8:12] == (ssrc or 0).to_bytes(4, "big")
    ]
    assert [peel_ekt(row.data)[1].raw for row in went] == [
        peel_ekt(row.data)[1].raw for row in came
    ]
    assert {row.data for row in went}.isdisjoint(row.data for row in came)
    (learned,) = [e for e in own(run, listener, SenderKeyLearned) if e.ssrc == ssrc]
    assert learned.spi == spi(run, NEW)
    heard = [e.payload for e in own(run, listener, MediaReceived) if e.ssrc == ssrc]
    assert [p.rstrip(b".").decode() for p in heard] == [f"c {n} " for n in range(30)]


# -- consequences


def test_hop_keys_of_the_others_are_untouched_by_the_join(run: Run) -> None:
    for who in "ab":
        assert len(of_member(run, who, HopKeysInstalled)) == 1


@pytest.mark.req("R8871-23", "R8871-25", "FW16-07")
@pytest.mark.parametrize("who", ["a", "b"])
def test_media_moves_to_the_new_key_without_a_gap(run: Run, who: str) -> None:
    fields = [peel_ekt(row.data)[1] for row in srtp(run, who, "mdd", run.media)]
    spis = [field.spi for field in fields if field.type == 2]
    assert sorted(set(spis), key=spis.index) == [spi(run, OLD), spi(run, NEW)]
    assert spis == sorted(spis, key=[spi(run, OLD), spi(run, NEW)].index), "it never goes back"
    other = "b" if who == "a" else "a"
    ssrc = run.conference.endpoints[who].endpoint.ssrc
    heard = [e for e in own(run, other, MediaReceived) if e.ssrc == ssrc]
    assert len(heard) == len(fields), "late packets under the old key were heard too"
    assert {e.spi for e in heard} == {spi(run, OLD), spi(run, NEW)}
    assert not run.conference.endpoints[other].endpoint.counters


def test_the_new_participant_hears_the_others_once_they_use_the_new_key(run: Run) -> None:
    heard = own(run, "c", MediaReceived)
    assert {e.spi for e in heard} == {spi(run, NEW)}
    assert {e.payload[:1] for e in heard} == {b"a", b"b"}
    # The old master key protects for 250 ms more (RFC 8870 section 4.4): 30 packets of 20 ms, 12 or 13 of them.
    for speaker in (b"a", b"b"):
        last = [int(e.payload.split()[1]) for e in heard if e.payload[:1] == speaker]
        assert last == list(range(last[0], 30))
        assert last[0] <= 13


@pytest.mark.req("R8871-24")
def test_what_was_sent_before_the_join_stays_closed_to_the_new_participant(run: Run) -> None:
    """Even an MDD that records and seals old packets for C cannot make C open them."""
    conference, story = run.conference, run.story
    keys = {
        row.participant: row.message.keys
        for row in story.all("kmf", "mdd")
        if row.message and row.message.keys
    }
    hop, toward = keys["a"].client, keys["c"].server
    opener, sealer = SrtpContext(7, *hop), SrtpContext(7, *toward)
    node = conference.endpoints["c"]
    before, counted = len(own(run, "c", MediaReceived)), sum(node.endpoint.counters.values())
    for row in srtp(run, "a", "mdd", run.media, run.third):
        packet, field = peel_ekt(row.data)
        plain = opener.unprotect(packet)
        number = int.from_bytes(plain[2:4], "big")
        forged = sealer.protect(plain, index=65536 * 40 + number)
        node.endpoint.receive_datagram(
            forged + field.raw, node.endpoint.config.mdd_addr, conference.now
        )
    node.outgoing(conference.now)
    assert len(own(run, "c", MediaReceived)) == before
    assert sum(node.endpoint.counters.values()) == counted + 10


@pytest.mark.req("R8871-24")
def test_a_leave_gives_those_who_stay_a_key_that_the_leaver_has_not() -> None:
    conference = SimConference(("a", "b", "c"), log=True)
    for name in "abc":
        conference.join(name)
    conference.run(2.0)
    leaver = conference.endpoints["c"]
    leaver.endpoint.leave(conference.now)
    conference.network.touch(leaver)
    conference.run(2.0)
    created = conference.kmf.of(EktKeyCreated)[-1]
    assert created.reason == "leave"
    for name in "ab":
        assert conference.endpoints[name].of(EktKeyInstalled)[-1].spi == created.spi
    assert created.spi not in {e.spi for e in leaver.of(EktKeyInstalled)}
    since = conference.now
    conference.talk("a", 20)
    conference.run(1.0)
    heard = conference.endpoints["b"].of(MediaReceived)
    assert len([e for e in heard if e.now >= since]) == 20
    fields = [peel_ekt(r.data)[1] for r in Story(conference).all("a", "mdd", "srtp")]
    assert {field.spi for field in fields if field.type == 2} == {created.spi}

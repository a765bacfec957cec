# SPDX-License-Identifier: GPL-2.0-only
"""Participants that leave, crash, move and come back, with the SSRC they had: nobody else notices more than a pause."""

from __future__ import annotations

import pytest

from perc_scapy.roles import MddLimits
from perc_scapy.roles.events import (
    AssociationClosed,
    AssociationOpened,
    HopKeysInstalled,
    MediaReady,
    MediaReceived,
    SourceEnded,
    SourceStarted,
)
from perc_scapy.sim.conference import SimConference, conference_id

SSRC = 0x12345678


def two(**more: object) -> SimConference:
    """A, with a fixed SSRC and a short life of its hop's silence, and B; A has talked."""
    limits = MddLimits(idle_timeout=30.0)
    conference = SimConference(("a", "b"), mdd_setup={"limits": limits}, **more)  # type: ignore[arg-type]
    conference.run(0.5)
    conference.join("b")
    conference.join("a", ssrc=SSRC, address="home")
    conference.run(2.0)
    speak(conference)
    return conference


def speak(conference: SimConference) -> None:
    """A says 40 packets; B must hear them all."""
    listener = conference.endpoints["b"]
    before = len(listener.of(MediaReceived))
    conference.talk("a", 40)
    conference.run(2.0)
    heard = [e.payload for e in listener.of(MediaReceived)[before:]]
    assert heard == [f"a {n} ".encode().ljust(160, b".") for n in range(40)]
    assert set(listener.endpoint.counters) <= {"replayed"}


def new_ekt_key(conference: SimConference) -> None:
    """An SSRC that starts again at epoch 0 is believed under a new EKT key only (RFC 8870 section 4.3)."""
    conference.kmf.kmf.rekey(conference_id("room"), conference.now)
    conference.network.touch(conference.kmf)
    conference.run(2.0)
    conference.talk("a", 20)  # for 250 ms its old key still protects
    conference.run(1.0)


@pytest.mark.parametrize("graceful", [True, False])
def test_a_restart_at_the_same_address_renews_the_keys_of_its_association(graceful: bool) -> None:
    conference = two()
    old = conference.endpoints["a"]
    if graceful:
        old.endpoint.leave(conference.now)
        conference.network.touch(old)
        conference.run(1.0)
    opened = len(conference.mdd.of(AssociationOpened))
    node = conference.join("a", ssrc=SSRC, address="home")
    assert node.of(MediaReady)
    new_ekt_key(conference)
    assert len(conference.mdd.of(AssociationOpened)) == opened, (
        "a pair of addresses, one association"
    )
    assert conference.mdd.of(HopKeysInstalled)[-1].rekey
    speak(conference)
    speak(conference)


def test_after_a_goodbye_the_ssrc_may_be_used_from_elsewhere() -> None:
    conference = two()
    old = conference.endpoints["a"]
    old.endpoint.leave(conference.now)
    conference.network.touch(old)
    conference.run(1.0)
    assert SSRC in {e.ssrc for e in conference.mdd.of(SourceEnded)}
    conference.join("a", ssrc=SSRC, address="office")
    conference.run(3.0)
    speak(conference)
    owners = [e.association_id for e in conference.mdd.of(SourceStarted) if e.ssrc == SSRC]
    assert len(set(owners)) == 2
    assert not conference.mdd.mdd.counters["stolen_ssrc"]


@pytest.mark.req("T00-MDD-03")
def test_after_a_crash_the_ssrc_is_free_when_the_old_association_ends() -> None:
    conference = two()
    conference.network.detach(conference.endpoints["a"])
    conference.join("a", ssrc=SSRC, address="office")
    conference.run(1.0)
    conference.talk("a", 5)
    conference.run(1.0)
    assert conference.mdd.mdd.counters["stolen_ssrc"] >= 5, (
        "its first owner still lives, as far as the MDD knows"
    )
    for _ in range(10):
        conference.talk("a", 1)
        conference.run(3.1)
    (closed,) = conference.mdd.of(AssociationClosed)
    assert (closed.reason, closed.path.remote) == ("idle", "home")
    new_ekt_key(conference)
    speak(conference)


def test_many_restarts_in_a_row() -> None:
    conference = two()
    for _ in range(6):
        conference.join("a", ssrc=SSRC, address="home")
        new_ekt_key(conference)
        speak(conference)
    keys = [e.client_key_id for e in conference.mdd.of(HopKeysInstalled)]
    assert len(set(keys)) == len(keys) == 8


def test_a_crashed_participant_with_a_new_ssrc_is_heard_at_once() -> None:
    conference = two()
    conference.network.detach(conference.endpoints["a"])
    conference.join("a")
    speak(conference)
    assert not conference.mdd.mdd.counters

# SPDX-License-Identifier: GPL-2.0-only
"""DTLS between endpoints and KMF: types, ids, blind forwarding, keys, ends."""

from __future__ import annotations

import pytest

from perc_scapy.roles import MddConference, MddLimits, Path
from perc_scapy.roles.events import (
    AssociationAnswered,
    AssociationClosed,
    AssociationOpened,
    CloseTunnel,
    HopKeysInstalled,
    TunnelWanted,
)
from perc_scapy.roles.mdd.association import AssociationTable
from tests.roles.mdd_world import (
    DOUBLE,
    HELLO,
    KMF,
    OTHER,
    PLAIN,
    ROOM,
    Party,
    World,
    bye,
    hop_keys,
    rtp,
    sender_report,
)


@pytest.mark.req("T00-MDD-04", "T00-MDD-05", "T00-MDD-06", "SLD-OBJ-07", "SLD-FUN-01")
def test_profiles_go_with_every_datagram_until_the_kmf_answers() -> None:
    world = World(profiles=(DOUBLE, PLAIN))
    path, tunnel, first = world.hello("a")
    assert (tunnel, first.profiles, first.dtls) == ("t", (DOUBLE, PLAIN), HELLO)
    assert first.conference_id == ROOM
    world.now += 1.0
    _, _, again = world.hello("a")
    assert again == first, "the first one may have been lost (AMB-12)"
    world.answer(first.association_id)
    _, _, later = world.hello("a")
    assert later.profiles is None
    assert later.association_id == first.association_id
    assert [type(e) for e in world.events()] == [AssociationOpened, AssociationAnswered]
    assert path == Path(ROOM, "a")


@pytest.mark.req("T00-MDD-06", "T00-MDD-07", "SLD-FUN-03", "SLD-OBJ-03")
def test_dtls_passes_unread_in_both_directions() -> None:
    world = World()
    path, _, hello = world.hello("a")
    payloads = [bytes((first,)) + b"anything" * n for first in range(20, 64) for n in (0, 1, 150)]
    for payload in payloads:
        world.say(payload, path)
    assert [m.dtls for _, m in world.records()] == payloads
    for payload in payloads:
        assert world.answer(hello.association_id, payload) == [(payload, path)]
    assert world.counters == {}


@pytest.mark.req("T00-MDD-13", "DTL-03")
def test_only_dtls_goes_to_the_tunnel() -> None:
    world = World()
    path, _, _ = world.hello("a")
    for first in range(256):
        world.say(bytes((first,)) * 30, path)
        assert len(world.records()) == (20 <= first < 64)
    world.say(b"", path)
    media, others = world.counters["no_keys"], world.counters["unknown_packet"]
    assert (media, others) == (64, 256 - 64 - 44 + 1)


@pytest.mark.req("T00-MDD-02", "T00-MDD-03", "T00-TUN-06", "SLD-TRN-05")
def test_every_participant_has_its_id_and_its_own_answers() -> None:
    world = World()
    seen = {}
    for remote in ("a", "b", "c"):
        path, _, message = world.hello(remote)
        seen[path] = message.association_id
    assert len(set(seen.values())) == 3
    for path, association in seen.items():
        text = str(path.remote).encode()
        assert world.answer(association, b"\x16" + text) == [(b"\x16" + text, path)]


@pytest.mark.req("T00-MDD-01", "T00-TUN-04")
def test_an_association_stays_on_its_tunnel() -> None:
    spread = MddConference(ROOM, tunnels=("t1", "t2", "t3"))
    world = World(conferences=(spread,))
    first = {remote: world.hello(remote)[1] for remote in "abcdef"}
    assert sorted(first.values()) == ["t1", "t1", "t2", "t2", "t3", "t3"]
    assert {remote: world.hello(remote)[1] for remote in "abcdef"} == first


@pytest.mark.req("T00-MDD-12")
def test_a_message_for_an_unknown_association_does_nothing() -> None:
    world = World(
        conferences=(MddConference(ROOM, tunnels=("t",)), MddConference(OTHER, tunnels=("u",)))
    )
    a = world.join("a")
    assert world.answer(b"x" * 16) == []
    assert world.answer(a.association, tunnel="u") == [], "an id counts in its own tunnel only"
    assert world.answer(a.association, tunnel="v") == []
    assert world.counters == {"unknown_association": 2, "unknown_tunnel": 1}


def test_another_conference_id_from_the_kmf_is_counted_and_taken() -> None:
    world = World()
    path, _, message = world.hello("a")
    assert world.answer(message.association_id, b"\x16x", conference=OTHER) == [(b"\x16x", path)]
    assert world.counters == {"conference_mismatch": 1}


@pytest.mark.req("T00-MDD-08", "T00-MDD-09", "SLD-FUN-02", "SLD-OBJ-05")
def test_keys_are_bound_to_their_association_and_the_finished_goes_on() -> None:
    world = World()
    a = world.join("a")
    path, _, message = world.hello("b")
    world.events()
    keys = hop_keys("b")
    assert world.answer(message.association_id, b"\x14finished", keys=keys) == [
        (b"\x14finished", path)
    ]
    assert world.events() == [
        AssociationAnswered(message.association_id, ROOM),
        HopKeysInstalled(
            message.association_id, ROOM, "t", path, DOUBLE, keys.client.key.id, keys.server.key.id,
            False,
        ),
    ]  # fmt: skip
    world.answer(message.association_id, keys=keys)
    assert world.events() == [], "a repeat is no event"
    assert len(world.say(a.protect(rtp(1, 1)), a.path)) == 1, "others are untouched"


def test_keys_without_dtls_are_taken_and_an_empty_message_is_nothing() -> None:
    world = World()
    _, _, message = world.hello("a")
    assert world.answer(message.association_id, b"") == []
    assert world.answer(message.association_id, b"", keys=hop_keys(1)) == []
    assert world.counters == {"empty_dtls": 1}
    assert world.mdd.associations()[0].state == "keyed"


@pytest.mark.req("T00-MDD-10")
def test_a_profile_that_was_not_listed_is_not_run() -> None:
    world = World(profiles=(DOUBLE,))
    _, _, message = world.hello("a")
    assert len(world.answer(message.association_id, keys=hop_keys(1, PLAIN))) == 1
    assert world.counters == {"profile_not_offered": 1}
    assert world.mdd.associations()[0].state == "relaying"


@pytest.mark.req("R8871-10", "DBL-13")
def test_a_key_of_another_hop_is_not_taken() -> None:
    world = World()
    a = world.join("a")
    _, _, message = world.hello("b")
    world.answer(message.association_id, keys=a.keys)
    assert world.counters == {"key_reused": 1}
    assert world.say(a.protect(rtp(1, 1)), a.path) == [], "b has no keys, so it gets nothing"


@pytest.mark.req("T00-MDD-14")
def test_media_without_keys_is_dropped() -> None:
    world = World()
    a = world.join("a")
    path, _, _ = world.hello("b")
    assert world.say(rtp(1, 2) + bytes(40), path) == []
    assert world.say(rtp(1, 2) + bytes(40), Path(ROOM, "stranger")) == []
    assert world.say(a.protect(rtp(1, 1)), a.path) == [], "nothing toward a hop without keys either"
    assert world.counters == {"no_keys": 2}


def test_only_a_client_hello_makes_an_association() -> None:
    world = World()
    for data in (b"\x17" + HELLO[1:], HELLO[:13] + b"\x02" + HELLO[14:], b"\x16", b"\x15" * 40):
        world.say(data, Path(ROOM, "a"))
    world.say(HELLO, Path(b"no such listener", "a"))
    assert world.records() == []
    assert world.mdd.associations() == []
    assert world.counters == {"not_a_client_hello": 4, "unknown_listener": 1}


@pytest.mark.req("T00-TUN-05")
def test_endpoints_that_come_before_the_tunnel_are_heard_later() -> None:
    world = World()
    world.mdd.tunnel_closed("t", "lost", 0.0)
    world.events()
    for _ in range(3):
        world.say(HELLO, Path(ROOM, "a"))
    assert world.events() == [TunnelWanted("t")]
    assert world.counters == {"no_tunnel": 3}
    world.mdd.tunnel_opened("t", KMF, 1.0)
    assert world.hello("a")[2].profiles is not None, "the retransmission gets through"


def test_datagrams_beyond_one_record_are_dropped() -> None:
    world = World()
    path, _, message = world.hello("a")
    world.answer(message.association_id)
    world.say(b"\x16" * 16347, path)
    world.say(b"\x16" * 16348, path)
    assert len(world.records()) == 1
    assert world.counters == {"oversized": 1}


# -- ends


def test_an_unfinished_handshake_times_out_and_a_new_hello_gets_a_new_id() -> None:
    world = World(limits=MddLimits(half_open_timeout=30.0))
    path, _, first = world.hello("a")
    timer = world.mdd.get_timer()
    assert timer == 30.0
    world.mdd.handle_timer(29.0)
    assert len(world.mdd.associations()) == 1
    world.mdd.handle_timer(timer)
    assert world.events()[-1] == AssociationClosed(
        first.association_id, ROOM, path, "half_open_timeout"
    )
    assert world.mdd.get_timer() is None
    world.now = 31.0
    assert world.hello("a")[2].association_id != first.association_id


def test_a_silent_participant_ends_and_a_talking_one_stays() -> None:
    world = World(limits=MddLimits(idle_timeout=60.0))
    a, b = world.join("a"), world.join("b")
    world.now = 50.0
    world.say(a.protect(rtp(1, 1)), a.path)
    world.say(rtp(1, 2) + bytes(40), b.path)  # not authentic: no sign of life
    world.mdd.handle_timer(60.0)
    assert [view.association_id for view in world.mdd.associations()] == [a.association]
    assert world.mdd.get_timer() == 110.0
    assert world.say(a.protect(rtp(2, 1)), a.path) == []


def leaver(*ssrcs: int) -> tuple[World, Party, Party]:
    """Somebody who has sent with SSRCs and said BYE for number 1, and a listener."""
    world = World()
    a, b = world.join("a"), world.join("b")
    for ssrc in ssrcs:
        world.say(a.protect(rtp(1, ssrc)), a.path)
    world.now = 10.0
    world.say(a.up.protect_rtcp(sender_report(1, bye(1))), a.path)
    world.events()
    return world, a, b


def test_who_said_bye_ends_soon() -> None:
    world, a, b = leaver(1)
    assert world.mdd.get_timer() == 15.0
    world.mdd.handle_timer(14.9)
    assert len(world.say(b.protect(rtp(1, 2)), b.path)) == 1
    world.mdd.handle_timer(15.0)
    assert [
        (e.association_id, e.reason) for e in world.events() if type(e) is AssociationClosed
    ] == [(a.association, "bye")]
    assert world.say(b.protect(rtp(2, 2)), b.path) == [], "nothing is sealed for who is gone"


@pytest.mark.parametrize("what", ["another SSRC", "the same SSRC", "RTCP", "hello", "keys"])
def test_who_stays_after_a_bye_keeps_its_time(what: str) -> None:
    world, a, _ = leaver(1, 3) if what == "another SSRC" else leaver(1)
    if what == "the same SSRC":
        world.say(a.protect(rtp(2, 1)), a.path)
    elif what == "RTCP":
        world.say(a.up.protect_rtcp(sender_report(1)), a.path)
    elif what == "hello":
        world.hello("a")
    elif what == "keys":
        world.answer(a.association, keys=hop_keys("new"))
    world.mdd.handle_timer(100.0)
    assert a.association in [view.association_id for view in world.mdd.associations()]


def test_a_bye_does_not_prolong_a_shorter_idle_time() -> None:
    world = World(limits=MddLimits(idle_timeout=2.0))
    a = world.join("a")
    world.say(a.up.protect_rtcp(sender_report(1, bye(1))), a.path)
    world.mdd.handle_timer(2.0)
    assert world.mdd.associations() == []


def test_a_participant_whose_ssrc_is_taken_is_alive_all_the_same() -> None:
    world = World(limits=MddLimits(idle_timeout=60.0))
    a, b = world.join("a"), world.join("b")
    world.now = 50.0
    world.say(a.protect(rtp(1, 1)), a.path)
    assert world.say(b.protect(rtp(1, 1)), b.path) == []
    world.mdd.handle_timer(61.0)
    assert len(world.mdd.associations()) == 2


@pytest.mark.req("T00-MDD-03")
def test_a_participant_that_comes_back_after_its_end_gets_a_new_id() -> None:
    world = World()
    a = world.join("a")
    world.mdd.remove(a.path, 1.0)
    world.mdd.remove(a.path, 1.0)
    assert world.hello("a")[2].association_id != a.association


def test_a_client_hello_on_a_living_pair_stays_in_its_association() -> None:
    world = World()
    a = world.join("a")
    assert world.hello("a")[2].association_id == a.association


def test_a_lost_tunnel_ends_its_associations_and_no_others() -> None:
    world = World(
        conferences=(MddConference(ROOM, tunnels=("t",)), MddConference(OTHER, tunnels=("u",)))
    )
    a, b = world.join("a"), world.join("b")
    c, d = world.join("c", room=OTHER), world.join("d", room=OTHER)
    world.events()
    world.mdd.tunnel_closed("t", "reset", 5.0)
    *closed, lost = world.events()
    assert (lost.tunnel_id, lost.associations) == ("t", 2)
    assert [event.reason for event in closed] == ["tunnel_lost"] * 2
    assert world.say(a.protect(rtp(1, 1)), a.path) == []
    assert world.say(b.protect(rtp(1, 2)), b.path) == []
    assert len(world.say(c.protect(rtp(1, 1)), c.path)) == 1
    assert d.path.listener == OTHER


def silence(world: World) -> list[object]:
    """A ClientHello and its retransmissions, which nobody answers."""
    opened = world.now + 100.0
    for pause in (0.0, 1.0, 3.0, 7.0, 15.0):
        world.now = opened + pause
        world.hello("late")
    return [event for event in world.events() if isinstance(event, CloseTunnel)]


def test_a_tunnel_that_the_kmf_forgot_is_closed() -> None:
    assert silence(World()) == [CloseTunnel("t", "silent")]


def test_a_tunnel_that_serves_somebody_or_was_just_heard_stays() -> None:
    world = World()
    world.join("a")
    assert silence(world) == [], "media of others would end with it"
    world = World()
    _, _, message = world.hello("early")
    world.now = 101.0
    world.answer(message.association_id)
    world.mdd.remove(Path(ROOM, "early"), 101.0)
    world.now = 0.0
    assert silence(world) == []


def test_a_tunnel_whose_last_participant_left_may_be_doubted_again() -> None:
    world = World()
    a = world.join("a")
    world.mdd.remove(a.path, 1.0)
    assert silence(world) == [CloseTunnel("t", "silent")]


def test_to_doubt_a_tunnel_takes_no_look_at_its_associations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each datagram of an unanswered association asks: with thousands of them a look at all would be a lever."""
    world = World()
    world.join("a")

    def scan(*_: object) -> list[object]:
        raise AssertionError("a datagram made the MDD look at all associations")

    monkeypatch.setattr(AssociationTable, "of_tunnel", scan)
    monkeypatch.setattr(AssociationTable, "__iter__", scan)
    assert silence(world) == []


@pytest.mark.req("FW16-03")
def test_a_flood_of_hellos_makes_room_among_the_unfinished_only() -> None:
    world = World(limits=MddLimits(max_half_open=10, max_associations=20))
    a, b = world.join("a"), world.join("b")
    for n in range(100):
        world.hello(f"flood{n}")
    states = [view.state for view in world.mdd.associations()]
    assert (states.count("keyed"), states.count("announced")) == (2, 10)
    assert len(world.say(a.protect(rtp(1, 1)), a.path)) == 1
    assert b.path.remote == "b"


def test_associations_are_capped() -> None:
    world = World(limits=MddLimits(max_associations=3))
    for remote in "abc":
        world.join(remote)
    world.say(HELLO, Path(ROOM, "d"))
    assert world.counters == {"association_cap": 1}
    assert len(world.mdd.associations()) == 3

# SPDX-License-Identifier: GPL-2.0-only
"""When a conference gets a new EKT key, who gets it and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.dtls import EktKeyReceived
from perc_scapy.roles.kmf.conference import ConferenceState, SpiPool
from perc_scapy.roles.kmf.config import Member
from perc_scapy.roles.kmf.events import EktKeyCreated, EktKeyDelivered, EktKeySent, MemberLeft
from perc_scapy.roles.kmf.output import KmfOutput
from tests.roles.kmf_world import BOARD, Line, World, conference, kmf_config


class FakePlace:
    """A member's association that only remembers the keys it was given."""

    def __init__(self, name: str) -> None:
        self.member: Member | None = Member(name, "sha-256:" + f"{ord(name):02x}" * 32)
        self.keys: list[EktParameters] = []

    def send_ekt_key(self, parameters: EktParameters, now: float) -> None:
        self.keys.append(parameters)


def state(**changes: Any) -> ConferenceState:
    count = iter(range(1, 10**6))
    return ConferenceState(
        conference(BOARD, **changes), lambda n: next(count).to_bytes(n, "big"), KmfOutput()
    )


def join(conference_state: ConferenceState, *names: str, now: float = 0.0) -> list[FakePlace]:
    places = [FakePlace(name) for name in names]
    for place in places:
        conference_state.join(place, now, known=False)
    return places


def spis(place: FakePlace) -> list[int]:
    return [parameters.spi for parameters in place.keys]


def test_places_of_a_member() -> None:
    conference_state = state()
    first, other, second = join(conference_state, "a", "b", "a")
    assert first.member is not None
    assert conference_state.places_of(first.member) == (first, second)
    conference_state.leave(first)
    assert conference_state.places_of(first.member) == (second,)
    conference_state.leave(second)
    conference_state.leave(second)
    assert conference_state.places_of(first.member) == ()
    assert tuple(conference_state.places) == (other,)


# -- joins --------------------------------------------------------------------------------------------------------


@pytest.mark.req("R8871-24", "SS2-09", "NUJ-02")
@pytest.mark.parametrize(
    ("policy", "keys_made"),
    [
        (None, [1, 1, 1, 1]),
        (0, [1, 2, 3, 4]),
        (1, [1, 2, 3, 4]),
        (2, [1, 1, 2, 3]),
        (3, [1, 1, 1, 2]),
    ],
)
def test_how_many_keys_there_are_after_each_join(policy: int | None, keys_made: list[int]) -> None:
    conference_state = state(rekey_on_join=policy)
    made = []
    for name in "abcd":
        join(conference_state, name)
        made.append(sum(isinstance(e, EktKeyCreated) for e in conference_state._output.events))
    assert made == keys_made


@pytest.mark.req("R8871-21", "R8871-24")
def test_a_rekeying_join_gives_the_new_key_to_all_and_the_old_one_not_to_the_newcomer() -> None:
    conference_state = state(rekey_on_join=2)
    a, b, c = join(conference_state, "a", "b", "c")
    assert spis(a) == spis(b)
    assert len(spis(a)) == 2
    assert spis(c) == spis(a)[1:]
    assert a.keys[0].key != a.keys[1].key
    assert a.keys[0].salt != a.keys[1].salt


def test_a_member_that_was_here_gets_the_current_key() -> None:
    conference_state = state(rekey_on_join=1)
    a, b = join(conference_state, "a", "b")
    again = FakePlace("b")
    conference_state.join(again, 1.0, known=True)
    assert spis(again) == spis(b)[-1:]
    assert len(spis(a)) == 2


def test_joins_within_the_interval_share_one_key() -> None:
    conference_state = state(rekey_on_join=1, rekey_interval=1.0)
    (a,) = join(conference_state, "a", now=0.0)
    (b, c) = join(conference_state, "b", "c", now=5.0)
    (d,) = join(conference_state, "d", now=5.9)
    (e,) = join(conference_state, "e", now=6.0)
    assert spis(b) == spis(a)[1:]
    assert len(spis(a)) == 3
    assert spis(b)[0] == spis(c)[0] == spis(d)[0] == spis(a)[1]
    assert spis(e) == spis(a)[2:]


# -- leaves -------------------------------------------------------------------------------------------------------


@pytest.mark.req("R8871-24")
@pytest.mark.parametrize(("policy", "more"), [(True, 1), (False, 0)])
def test_those_who_stay_get_a_new_key_by_policy(policy: bool, more: int) -> None:
    conference_state = state(rekey_on_join=None, rekey_on_leave=policy)
    a, b, c = join(conference_state, "a", "b", "c")
    conference_state.leave(c)
    conference_state.leave(b)
    conference_state.settle(1.0)
    conference_state.settle(1.0)
    assert len(spis(a)) == 1 + more  # one for both
    assert len(spis(b)) == len(spis(c)) == 1


@pytest.mark.req("R8871-33")
def test_the_last_one_takes_the_key_with_it() -> None:
    conference_state = state()
    (a,) = join(conference_state, "a")
    conference_state.leave(a)
    conference_state.settle(1.0)
    assert conference_state.key is None
    assert conference_state.renewal() is None
    (b,) = join(conference_state, "b")
    assert spis(b) != spis(a)
    assert b.keys[0].key != a.keys[0].key


def test_leaving_twice_counts_once() -> None:
    conference_state = state()
    a, b = join(conference_state, "a", "b")
    conference_state.leave(b)
    conference_state.settle(1.0)
    conference_state.leave(b)
    conference_state.settle(2.0)
    assert len(spis(a)) == 2


# -- time to live -------------------------------------------------------------------------------------------------


@pytest.mark.req("EKT-18")
def test_a_latecomer_gets_what_is_left_of_the_time_to_live() -> None:
    conference_state = state(rekey_on_join=None, ekt_ttl=1000)
    (a,) = join(conference_state, "a", now=50.0)
    (b,) = join(conference_state, "b", now=350.5)
    assert a.keys[0].ttl == 1000
    assert b.keys[0].ttl == 699
    assert conference_state.renewal() == 850.0


@pytest.mark.req("EKT-18")
def test_a_successor_is_given_out_before_the_end() -> None:
    world = World(kmf_config(conference(BOARD, "a", "b", ekt_ttl=100)))
    world.tunnel()
    lines = [world.join("a"), world.join("b")]
    world.run(1000.0)
    created = world.of(EktKeyCreated)
    assert [e.reason for e in created] == ["first"] + ["expiry"] * 12
    for line in lines:
        received = line.of(EktKeyReceived)
        assert [e.parameters.spi for e in received] == [e.spi for e in created]
        assert all(e.parameters.ttl == 100 for e in received[1:])


# -- SPIs ---------------------------------------------------------------------------------------------------------


def test_every_spi_is_given_out_once_and_then_none() -> None:
    pool = SpiPool(65530)
    taken = {pool.take(0.0, 10.0) for _ in range(65536)}
    assert taken == set(range(65536))
    assert pool.take(0.0, 10.0) is None
    assert pool.take(10.0, 10.0) is None  # the last receiver may still hold it
    assert pool.take(10.0 + 600.0, 10.0) == 65530


def test_without_a_free_spi_nothing_changes_and_it_is_counted() -> None:
    conference_state = state(rekey_on_join=1)
    (a,) = join(conference_state, "a")
    while conference_state._spis.take(0.0, 1.0) is not None:
        pass
    assert conference_state.rekey("control", 0.0) is None
    (b,) = join(conference_state, "b")
    assert spis(b) == spis(a)
    assert conference_state._output.counters == {"spi_exhausted": 2}


def test_a_leave_without_a_free_spi_is_tried_once() -> None:
    conference_state = state()
    _, b = join(conference_state, "a", "b")
    while conference_state._spis.take(0.0, 1.0) is not None:
        pass
    conference_state.leave(b)
    for _ in range(3):
        conference_state.settle(1.0)
    assert conference_state._output.counters == {"spi_exhausted": 1}


def test_an_expiry_without_a_free_spi_is_tried_again_later() -> None:
    world = World(kmf_config(conference(BOARD, "a", ekt_ttl=100)))
    world.tunnel()
    world.join("a")
    pool = world.kmf._conferences[BOARD]._spis
    while pool.take(world.now, 50.0) is not None:
        pass
    world.run(85.0)
    assert world.kmf.counters["spi_exhausted"] == 1
    assert [e.reason for e in world.of(EktKeyCreated)] == ["first"]
    world.run(615.0)
    assert [e.reason for e in world.of(EktKeyCreated)] == ["first", "expiry"]
    assert world.states() == {"a": "active"}


@pytest.mark.req("EKT-05")
@pytest.mark.parametrize(("cipher", "octets"), [(1, 16), (2, 32)])
def test_key_and_salt_lengths(cipher: int, octets: int) -> None:
    (a,) = join(state(ekt_cipher=cipher), "a")
    assert (len(a.keys[0].key), len(a.keys[0].salt), a.keys[0].cipher) == (octets, 12, cipher)


def test_a_plain_conference_has_no_key() -> None:
    conference_state = state(profile=7, hbh_only=True)
    (a,) = join(conference_state, "a")
    assert a.keys == []
    assert conference_state.rekey("control", 0.0) is None


# -- New User Joins over the wire -----------------------------------------------------------------------------------


def three(**changes: Any) -> tuple[World, list[Line]]:
    world = World(kmf_config(conference(BOARD, "a", "b", "c", **changes)))
    world.tunnel()
    lines = [world.join("a"), world.join("b")]
    world.events.clear()
    world.log.clear()
    return world, [*lines, world.join("c")]


@pytest.mark.req("NUJ-01", "NUJ-02", "NUJ-03", "NUJ-05", "NUJ-06", "NUJ-07", "NUJ-10", "NUJ-11")
def test_new_user_joins_the_newcomer_first_then_all_others() -> None:
    world, (a, b, c) = three()
    assert [e.reason for e in world.of(EktKeyCreated)] == ["join"]
    assert [e.member for e in world.of(EktKeySent)] == ["c", "a", "b"]
    assert {e.member for e in world.of(EktKeyDelivered)} == {"a", "b", "c"}
    newest = {line.of(EktKeyReceived)[-1].parameters.key for line in (a, b, c)}
    assert len(newest) == 1
    assert [len(line.of(EktKeyReceived)) for line in (a, b, c)] == [2, 2, 1]
    last_of_c = max(i for i, m in enumerate(world.log) if m.type == 2)
    ekt_keys = [m.record[2:18] for m in world.log[last_of_c + 1 :] if m.sender == "kmf"]
    assert ekt_keys == [line.association_id for line in (c, a, b)]


@pytest.mark.req("NUJ-09", "NUJ-13", "R8871-10")
def test_the_join_of_another_leaves_hop_keys_alone() -> None:
    world, (a, b, c) = three()
    assert all(m.type != 2 or m.record[2:18] == c.association_id for m in world.sent("kmf"))
    keys = [world.kmf.hop_keys("t1", line.association_id) for line in (a, b, c)]
    assert len({bytes(k) for hop in keys if hop for k in (hop.client.key, hop.server.key)}) == 6
    assert world.states() == {"a": "active", "b": "active", "c": "active"}


def test_groups_run_in_parallel() -> None:
    """One member that does not answer does not keep the others waiting."""
    world = World(kmf_config(conference(BOARD, "a", "b", "c")))
    world.tunnel()
    a, _, c = world.join("a"), world.join("b"), world.client("c")
    world.drop = lambda sender, m: sender == "mdd" and m.record[2:18] == a.association_id
    world.run()
    assert world.states() == {"a": "rekeying", "b": "active", "c": "active"}
    assert c.of(EktKeyReceived)


@pytest.mark.req("T00-TUN-08", "EKT-23")
def test_an_ekt_key_is_repeated_until_it_is_acknowledged() -> None:
    world = World(kmf_config(conference(BOARD, "a")))
    world.tunnel()
    a = world.join("a")
    world.kmf.rekey(BOARD, world.now)
    lost = iter([True] * 3)
    world.drop = lambda sender, _m: sender == "kmf" and next(lost, False)
    world.run(0.5)
    assert world.states() == {"a": "rekeying"}
    world.run(10.0)
    assert world.states() == {"a": "active"}
    assert len(a.of(EktKeyReceived)) == 2


@pytest.mark.req("EKT-23")
def test_a_member_that_never_acknowledges_is_dropped() -> None:
    world = World(kmf_config(conference(BOARD, "a", "b")))
    world.tunnel()
    a, b = world.join("a"), world.join("b")
    before = len(b.of(EktKeyReceived))
    world.drop = lambda sender, m: sender == "mdd" and m.record[2:18] == a.association_id
    world.kmf.rekey(BOARD, world.now)
    world.run(600.0)
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "unacknowledged")]
    assert world.states() == {"b": "active"}
    assert len(b.of(EktKeyReceived)) == before + 2  # the key, and the one after a was lost

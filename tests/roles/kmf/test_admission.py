# SPDX-License-Identifier: GPL-2.0-only
"""Which tunnel messages get through to a handshake: MDDs, conferences, cookies, caps, and every broken message."""

from __future__ import annotations

import random
from typing import Any

import pytest

from perc_scapy.dtls import EktKeyReceived
from perc_scapy.roles.kmf.config import KmfLimits
from perc_scapy.roles.kmf.events import HandshakeRefused, HandshakeStarted, MessageRefused
from perc_scapy.roles.tunnels import CloseTunnel
from perc_scapy.tunnel.messages import TunneledDtls
from tests.roles.kmf_world import (
    BOARD,
    CODEC,
    MDD_1,
    MDD_2,
    OTHER,
    Line,
    World,
    conference,
    handshake_types,
    kmf_config,
)


def board(*names: str, **changes: Any) -> World:
    """One conference, one tunnel."""
    world = World(kmf_config(conference(BOARD, *names, **changes)))
    world.tunnel()
    return world


def first_hello(line: Line, profiles: tuple[int, ...] | None = (9,)) -> bytes:
    """The record that an MDD makes of a line's next datagram."""
    (datagram,) = line.peer.datagrams_to_send(100.0)
    message = TunneledDtls(line.association_id, datagram, line.conference_id, profiles)
    return CODEC.encode(message, "mdd")


# -- which MDD may serve which conference -------------------------------------------------------------------------


@pytest.mark.req("R8871-06", "FW16-02", "T00-KMF-16")
def test_an_mdd_may_serve_only_its_conferences() -> None:
    boards = conference(BOARD, "a"), conference(OTHER, "a", mdds=frozenset({MDD_2}))
    world = World(kmf_config(*boards))
    world.tunnel("t1", MDD_1)
    world.join("a", conference_id=OTHER)
    assert world.sent("kmf") == []
    assert world.kmf.counters["mdd_not_allowed"] >= 1
    assert {e.reason for e in world.of(MessageRefused)} == {"mdd_not_allowed"}
    assert world.of(CloseTunnel) == []  # AMB-20: the tunnel stays up
    world.join("a", conference_id=BOARD)
    assert world.states() == {"a": "active"}


def test_an_unknown_conference_is_silence() -> None:
    world = board("a")
    world.join("a", conference_id=b"?" * 16)
    assert world.sent("kmf") == []
    assert set(world.kmf.counters) == {"unknown_conference"}
    told = world.of(MessageRefused)
    assert len(told) == world.kmf.counters["unknown_conference"]
    assert {(e.conference_id, e.tunnel_id, e.reason) for e in told} == {
        (b"?" * 16, "t1", "unknown_conference")
    }


@pytest.mark.req("SLD-ASM-02")
@pytest.mark.parametrize(
    ("shared", "served"),
    [((False, False), False), ((True, False), False), ((False, True), False), ((True, True), True)],
)
def test_one_tunnel_serves_one_conference_unless_both_agree(
    shared: tuple[bool, bool], served: bool
) -> None:
    both = zip((BOARD, OTHER), shared, strict=True)
    world = World(kmf_config(*(conference(i, "a", "b", shared_tunnel=s) for i, s in both)))
    world.tunnel()
    world.join("a", conference_id=BOARD)
    world.join("b", conference_id=OTHER)
    assert world.states(BOARD) == {"a": "active"}
    assert bool(world.states(OTHER)) is served
    assert bool(world.kmf.counters["tunnel_not_shared"]) is not served


@pytest.mark.req("R9185-KD-11")
def test_two_conferences_have_their_own_ekt_keys() -> None:
    world = World(kmf_config(*(conference(i, "a", shared_tunnel=True) for i in (BOARD, OTHER))))
    world.tunnel()
    lines = [world.join("a", conference_id=i) for i in (BOARD, OTHER)]
    keys = {bytes(line.of(EktKeyReceived)[0].parameters.key) for line in lines}
    assert len(keys) == 2


# -- messages without effect --------------------------------------------------------------------------------------


@pytest.mark.req("T00-KMF-18", "T00-WIRE-08")
@pytest.mark.parametrize(
    ("change", "counter"),
    [
        (lambda r: b"\x00\x00" + r[2:], "bad_version"),
        (lambda r: b"\x02\x00" + r[2:], "bad_version"),
        (lambda r: r[:34] + b"\x03" + r[35:], "bad_type"),
        (lambda r: r[:34] + b"\xff" + r[35:], "bad_type"),
        (lambda r: r[:34] + b"\x02" + r[35:], "wrong_direction"),
        (lambda r: r + b"\x00", "malformed"),
        (lambda r: r[:35] + b"\x00\x03" + r[37:], "malformed"),
        (lambda r: r[:18] + b"?" * 16 + r[34:], "unknown_conference"),
    ],
)
def test_what_is_wrong_with_a_message_is_counted_and_not_answered(
    change: Any, counter: str
) -> None:
    world = board("a", "b")
    world.join("b")
    line = world.client("a")
    record = change(first_hello(line))
    answers = len(world.sent("kmf"))
    world.send("t1", record)
    assert world.kmf.tunnel_data_to_send() == []
    assert world.kmf.counters == {counter: 1}
    world.run(2.0)  # the endpoint repeats its hello, and all is well
    assert world.states() == {"a": "active", "b": "active"}
    assert len(world.sent("kmf")) > answers


@pytest.mark.req("T00-KMF-18")
def test_every_truncation_of_every_message_is_counted_and_harms_nobody() -> None:
    world = board("a", "b", rekey_on_join=None)
    world.join("a")
    originals = [m.record for m in world.sent("mdd")]
    b = world.join("b")
    for record in originals:
        for length in range(len(record)):
            world.send("t1", record[:length])
    assert world.kmf.counters["malformed"] == sum(map(len, originals))
    assert world.kmf.tunnel_data_to_send() == []
    assert world.states() == {"a": "active", "b": "active"}
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert len(b.of(EktKeyReceived)) == 2


@pytest.mark.req("T00-KMF-18")
def test_random_changes_never_raise_and_harm_no_other_association() -> None:
    source = random.Random(9185)
    world = board("a", "b", rekey_on_join=None)
    world.join("b")
    world.client("a")
    world.run()
    originals = [m.record for m in world.sent("mdd") if m.content.dtls]
    for _ in range(1500):
        record = bytearray(source.choice(originals))
        for _ in range(source.randrange(1, 4)):
            record[source.randrange(len(record))] = source.randrange(256)
        if source.random() < 0.3:
            del record[source.randrange(len(record)) :]
        if record[2:18] != world.lines[0].association_id:
            world.send("t1", bytes(record))
            world.kmf.tunnel_data_to_send()
    world.run()
    assert world.states()["b"] == "active"
    assert sum(world.kmf.counters.values()) > 500


def test_a_message_without_dtls_is_taken_note_of_and_nothing_else() -> None:
    world = board("a")
    world.send("t1", CODEC.encode(TunneledDtls(b"x" * 16, b"", BOARD), "mdd"))
    assert world.kmf.counters == {"empty_dtls": 1}
    assert world.kmf.tunnel_data_to_send() == []


@pytest.mark.req("T00-KMF-18")
@pytest.mark.parametrize("dtls", [b"\x16", bytes(60), b"\x17\xfe\xfd" + bytes(80), b"\x80" * 50])
def test_anything_but_a_client_hello_for_an_unknown_association_is_dropped(dtls: bytes) -> None:
    world = board("a")
    world.send("t1", CODEC.encode(TunneledDtls(b"x" * 16, dtls, BOARD, (9,)), "mdd"))
    assert world.kmf.counters == {"unknown_association": 1}
    assert world.kmf.tunnel_data_to_send() == []
    assert world.kmf.get_timer() is None


def test_a_broken_client_hello_draws_no_cookie() -> None:
    world = board("a")
    record = bytearray(first_hello(world.client("a")))
    hello = record.index(b"\x16\xfe")
    record[hello + 13 + 12 + 34] = 0xFF  # session_id length
    world.send("t1", bytes(record))
    assert world.kmf.counters == {"cookie_refused": 1}


# -- cookies ------------------------------------------------------------------------------------------------------


def test_before_the_cookie_there_is_no_state() -> None:
    world = board("a")
    for n in range(50):
        line = world.client("a", association_id=n.to_bytes(16, "big"))
        world.send("t1", first_hello(line))
    assert len(world.kmf.tunnel_data_to_send()) == 50
    assert world.kmf.get_timer() is None
    assert world.of(HandshakeStarted) == []


def test_a_cookie_of_another_association_or_tunnel_is_worth_nothing() -> None:
    world = board("a")
    world.tunnel("t2")
    line = world.client("a")
    world.send("t1", first_hello(line))
    ((_, reply),) = world.kmf.tunnel_data_to_send()
    world.incoming(line, CODEC.decode(reply, "kmf").dtls)
    (with_cookie,) = line.peer.datagrams_to_send(world.now)
    for tunnel_id, association_id in (("t1", b"z" * 16), ("t2", line.association_id)):
        message = TunneledDtls(association_id, with_cookie, BOARD, (9,))
        world.send(tunnel_id, CODEC.encode(message, "mdd"))
        ((_, again),) = world.kmf.tunnel_data_to_send()
        assert handshake_types(CODEC.decode(again, "kmf").dtls) == [3]
    assert world.kmf.get_timer() is None


def test_the_list_travels_in_the_cookie_when_the_state_is_gone() -> None:
    """AMB-12: HelloVerifyRequest reached the MDD, so all further hellos are Empty, on a tunnel with no list."""
    world = board("a", "b")
    line = world.client("a")
    world.send("t1", first_hello(line, (9,)))
    ((_, reply),) = world.kmf.tunnel_data_to_send()
    world.incoming(line, CODEC.decode(reply, "kmf").dtls)
    world.kmf._tunnels["t1"].profiles = None  # as if the tunnel remembered nothing
    line.answered = True
    world.run()
    assert world.states() == {"a": "active"}


def test_a_type_0_hello_uses_the_list_that_the_tunnel_gave_before() -> None:
    world = board("a", "b")
    world.join("a")
    world.join("b", profiles=None)
    assert world.states() == {"a": "active", "b": "active"}


def test_a_type_0_hello_without_any_list_is_dropped() -> None:
    world = board("a")
    world.join("a", profiles=None)
    assert world.sent("kmf") == []
    assert set(world.kmf.counters) == {"no_profile_list"}


def test_a_list_of_any_length_fits_the_cookie() -> None:
    world = board("a")
    world.join("a", profiles=(*range(0x100, 0x1000), *[9] * 500, 10))
    assert world.states() == {"a": "active"}


@pytest.mark.req("T00-KMF-11")
def test_a_lost_hello_verify_request_and_an_empty_kmf_still_recover() -> None:
    world = board("a")
    lost = iter([True])
    world.drop = lambda sender, _m: sender == "kmf" and next(lost, False)
    line = world.client("a")
    world.lines[0].answered = False
    world.run()
    assert world.states() == {}
    line.answered = True  # the MDD has seen the KMF's answer; only the endpoint has not
    world.run(2.0)
    assert world.states() == {"a": "active"}


# -- caps ---------------------------------------------------------------------------------------------------------


def stall(world: World) -> None:
    """Endpoints send their cookie and nothing after it."""
    world.drop = lambda _s, m: bool(handshake_types(m.content.dtls)[:1] == [11])


def test_at_the_cap_the_oldest_unfinished_handshake_ends_and_all_of_them_time_out() -> None:
    limits = KmfLimits(half_open_timeout=5.0, max_half_open=3)
    world = World(kmf_config(conference(BOARD, "a", "b"), limits=limits))
    world.tunnel()
    world.join("b")
    stall(world)
    for _ in range(5):
        world.join("a")
    assert world.kmf.counters["half_open_cap"] == 2
    oldest = [line.association_id for line in world.lines[1:3]]
    assert [e.association_id for e in world.of(HandshakeRefused)] == oldest
    world.lines = world.lines[:1]
    world.run(5.0)
    assert world.kmf.counters["half_open_timeout"] == 3
    world.drop = lambda _s, _m: False
    world.join("a")
    assert world.states() == {"b": "active", "a": "active"}


def test_a_member_is_never_timed_out() -> None:
    world = board("a")
    world.join("a")
    world.run(50_000.0)
    assert world.states() == {"a": "active"}
    assert world.kmf.counters["half_open_timeout"] == 0


@pytest.mark.req("SLD-TRN-01")
def test_a_handshake_outlives_many_lost_flights() -> None:
    world = board("a")
    line = world.client("a")
    world.drop = lambda sender, m: (
        world.now < 220.0 and sender == "mdd" and handshake_types(m.content.dtls)[:1] == [11]
    )
    world.run(250.0)
    assert world.states() == {"a": "active"}
    assert line.peer.established


def test_associations_are_capped_for_each_tunnel() -> None:
    limits = KmfLimits(max_associations_per_tunnel=2)
    world = World(kmf_config(conference(BOARD, "a", "b", "c", "d"), limits=limits))
    world.tunnel("t1")
    world.tunnel("t2")
    for name in "abc":
        world.join(name)
    world.join("d", tunnel_id="t2")
    assert world.states() == {"a": "active", "b": "active", "d": "active"}
    assert world.kmf.counters["association_cap"] >= 1

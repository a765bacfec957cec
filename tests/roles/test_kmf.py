# SPDX-License-Identifier: GPL-2.0-only
"""The KMF as its tunnels see it: admission of tunnels, MDDs, conferences and messages; what a whole join looks like."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from perc_scapy.dtls import EktKeyReceived, HandshakeCompleted
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf_config import KmfLimits
from perc_scapy.roles.kmf_events import (
    CloseTunnel,
    HandshakeRefused,
    HandshakeStarted,
    MemberJoined,
    MemberLeft,
    TunnelAuthorised,
    TunnelLost,
)
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
    has_finished,
    identity,
    kmf_config,
    member,
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


# -- a whole join -------------------------------------------------------------------------------------------------


@pytest.mark.req("T00-KMF-04", "T00-KMF-05", "T00-KMF-06", "T00-KMF-09", "SLD-FUN-03", "SLD-OBJ-03")
def test_a_join_as_the_tunnel_sees_it() -> None:
    world = board("a")
    line = world.join("a")
    assert world.states() == {"a": "active"}
    seen = [(m.sender, m.type, handshake_types(m.content.dtls)) for m in world.log]
    assert seen == [
        ("mdd", 1, [1]),  # ClientHello + SupportedProfiles
        ("kmf", 0, [3]),  # HelloVerifyRequest
        ("mdd", 0, [1]),  # ClientHello with cookie
        ("kmf", 0, [2, 11, 12, 13, 14]),  # ServerHello … ServerHelloDone
        ("mdd", 0, [11, 16, 15]),  # Certificate, ClientKeyExchange, CertificateVerify, Finished
        ("kmf", 2, []),  # Finished + SRTPKeyInformation
        ("kmf", 0, []),  # ekt_key
        ("mdd", 0, []),  # ekt_key_ack
    ]
    for message in world.sent("kmf"):
        assert message.tunnel_id == "t1"
        assert message.content.association_id == line.association_id
        assert message.content.conference_id == BOARD
    assert not world.kmf.counters


@pytest.mark.req("T00-KMF-10", "T00-KMF-15", "SLD-OBJ-05", "SLD-FUN-02")
def test_exactly_the_message_with_the_finished_carries_the_keys_and_the_ekt_key_follows() -> None:
    world = board("a")
    line = world.join("a")
    kinds = [(m.type == 2, has_finished(m.content.dtls)) for m in world.sent("kmf")]
    assert kinds.count((True, True)) == 1
    assert not any(typed != finished for typed, finished in kinds)
    names = [type(event).__name__ for event in line.of(object)]
    assert names == ["HandshakeCompleted", "EktKeyReceived"]


@pytest.mark.req("T00-KMF-13", "T00-KMF-12")
@pytest.mark.parametrize(("profile", "cipher"), [(0x0009, 1), (0x0009, 2), (0x000A, 2)])
def test_the_profile_of_the_conference_is_chosen_whatever_is_offered_first(
    profile: int, cipher: int
) -> None:
    world = board("a", profile=profile, ekt_cipher=cipher)
    line = world.join("a", dtls={"srtp_profiles": (7, 10, 9), "ekt_ciphers": (1, 2)})
    (done,) = line.of(HandshakeCompleted)
    assert (done.srtp_profile, done.ekt_cipher) == (profile, cipher)
    (keys,) = [m.content.keys for m in world.sent("kmf") if m.type == 2]
    assert keys is not None
    assert keys.profile == profile
    (received,) = line.of(EktKeyReceived)
    assert len(received.parameters.key) == {1: 16, 2: 32}[cipher]


@pytest.mark.req("T00-KMF-14", "SLD-ROLE-01", "SLD-ROLE-04", "R8871-04", "R8871-31")
@pytest.mark.parametrize("profile", [0x0009, 0x000A])
def test_the_mdd_gets_the_outer_halves_and_nothing_of_the_inner_ones(profile: int) -> None:
    world = board("a", profile=profile, ekt_cipher=2)
    line = world.join("a", dtls={"srtp_profiles": (profile,), "ekt_ciphers": (2,)})
    key, salt = (32, 24) if profile == 9 else (64, 24)
    material = line.peer.export(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
    keys = [material[:key], material[key : 2 * key]]
    salts = [material[2 * key : 2 * key + salt], material[2 * key + salt :]]
    (sent,) = [m.content.keys for m in world.sent("kmf") if m.type == 2]
    assert sent is not None
    halves = [
        bytes(x) for x in (sent.client.key, sent.server.key, sent.client.salt, sent.server.salt)
    ]
    assert halves == [x[len(x) // 2 :] for x in (*keys, *salts)]
    plain = b"".join(m.record for m in world.log)
    (ekt,) = line.of(EktKeyReceived)
    for secret in (*(x[: len(x) // 2] for x in (*keys, *salts)), bytes(ekt.parameters.key)):
        assert secret[:8] not in plain
    assert world.kmf.hop_keys("t1", line.association_id) == sent


@pytest.mark.req("SLD-ROLE-02")
def test_hop_keys_differ_for_everyone_and_the_ekt_key_is_one() -> None:
    world = board("a", "b", rekey_on_join=None)
    lines = [world.join("a"), world.join("b")]
    hops = [world.kmf.hop_keys("t1", line.association_id) for line in lines]
    keys = {bytes(k) for h in hops if h for k in (h.client.key, h.server.key)}
    assert len(keys) == 4
    assert lines[0].of(EktKeyReceived)[0].parameters.key == (
        lines[1].of(EktKeyReceived)[0].parameters.key
    )


@pytest.mark.req("T00-KMF-07", "T00-KMF-08")
def test_the_kmf_shows_its_certificate_and_asks_for_the_endpoints() -> None:
    world = board("a")
    line = world.join("a")
    (done,) = line.of(HandshakeCompleted)
    assert done.peer_fingerprint == identity("kmf").fingerprint
    assert any(13 in handshake_types(m.content.dtls) for m in world.sent("kmf"))


# -- tunnels ------------------------------------------------------------------------------------------------------


@pytest.mark.req("T00-KMF-02", "R8871-08")
def test_a_kmf_never_speaks_first() -> None:
    world = board("a")
    assert world.kmf.tunnel_data_to_send() == []
    assert world.kmf.get_timer() is None
    world.run(3600.0)
    assert world.log == []


@pytest.mark.req("R8871-07")
def test_nothing_is_answered_before_the_mdd_is_authenticated() -> None:
    world = World(kmf_config(conference(BOARD, "a")))
    world.join("a")
    assert world.sent("kmf") == []
    assert set(world.kmf.counters) == {"unknown_tunnel"}
    world.tunnel()
    world.run(2.0)
    assert world.states() == {"a": "active"}


@pytest.mark.req("R8871-06")
def test_a_tunnel_of_an_unknown_mdd_is_closed() -> None:
    world = World(kmf_config(conference(BOARD, "a")))
    world.tunnel(mdd=MDD_2)
    world.join("a")
    assert world.of(CloseTunnel) == [CloseTunnel("t1", "mdd_not_allowed")]
    assert world.kmf.counters["tunnel_refused"] == 1
    assert world.sent("kmf") == []


@pytest.mark.req("T00-KMF-01", "T00-KMF-03", "R8871-30")
def test_the_same_association_id_on_two_tunnels_is_two_handshakes() -> None:
    world = World(kmf_config(conference(BOARD, "a", "b", mdds=frozenset({MDD_1, MDD_2}))))
    world.tunnel("t1", MDD_1)
    world.tunnel("t2", MDD_2)
    same = b"s" * 16
    a = world.client("a", tunnel_id="t1", association_id=same)
    b = world.client("b", tunnel_id="t2", association_id=same)
    world.run()
    assert world.states() == {"a": "active", "b": "active"}
    assert world.kmf.hop_keys("t1", same) != world.kmf.hop_keys("t2", same)
    for line in (a, b):
        assert {m.tunnel_id for m in world.sent("kmf", line)} == {line.tunnel_id}


@pytest.mark.req("T00-KMF-01")
def test_one_mdd_may_open_several_tunnels_for_one_conference() -> None:
    world = World(kmf_config(conference(BOARD, "a", "b")))
    world.tunnel("t1")
    world.tunnel("t2")
    world.join("a", tunnel_id="t1")
    world.join("b", tunnel_id="t2")
    assert world.states() == {"a": "active", "b": "active"}


def test_a_lost_tunnel_ends_its_associations_and_the_others_get_a_new_key() -> None:
    world = World(kmf_config(conference(BOARD, "a", "b", "c")))
    world.tunnel("t1")
    world.tunnel("t2")
    world.join("a", tunnel_id="t1")
    world.join("b", tunnel_id="t1")
    c = world.join("c", tunnel_id="t2")
    before = len(c.of(EktKeyReceived))
    world.kmf.tunnel_closed("t1", "gone", world.now)
    world.run()
    assert world.of(TunnelLost) == [TunnelLost("t1", "gone", 2)]
    assert {(e.member, e.reason) for e in world.of(MemberLeft)} == {
        ("a", "tunnel_lost"),
        ("b", "tunnel_lost"),
    }
    assert world.states() == {"c": "active"}
    assert len(c.of(EktKeyReceived)) == before + 1  # one for both


def test_a_tunnel_that_opens_again_under_its_id_starts_from_nothing() -> None:
    world = board("a")
    world.join("a")
    world.tunnel()
    assert world.states() == {}
    world.run()
    assert [type(e) for e in world.of(TunnelLost)] == [TunnelLost]
    assert len(world.of(TunnelAuthorised)) == 2


def test_closing_an_unknown_tunnel_changes_nothing() -> None:
    world = board("a")
    world.kmf.tunnel_closed("t9", "?", world.now)
    world.run()
    assert world.of(TunnelLost) == []


# -- which MDD may serve which conference -------------------------------------------------------------------------


@pytest.mark.req("R8871-06", "FW16-02", "T00-KMF-16")
def test_an_mdd_may_serve_only_its_conferences() -> None:
    boards = conference(BOARD, "a"), conference(OTHER, "a", mdds=frozenset({MDD_2}))
    world = World(kmf_config(*boards))
    world.tunnel("t1", MDD_1)
    world.join("a", conference_id=OTHER)
    assert world.sent("kmf") == []
    assert world.kmf.counters["mdd_not_allowed"] >= 1
    assert world.of(CloseTunnel) == []  # AMB-20: the tunnel stays up
    world.join("a", conference_id=BOARD)
    assert world.states() == {"a": "active"}


def test_an_unknown_conference_is_silence() -> None:
    world = board("a")
    world.join("a", conference_id=b"?" * 16)
    assert world.sent("kmf") == []
    assert set(world.kmf.counters) == {"unknown_conference"}


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


# -- conference control -------------------------------------------------------------------------------------------


def test_members_tells_who_is_present_and_where() -> None:
    world = board("a", "b")
    line = world.join("a")
    (status,) = world.kmf.members(BOARD)
    assert (status.member, status.tunnel_id, status.association_id) == (
        member("a"),
        "t1",
        line.association_id,
    )
    assert status.spi == line.of(EktKeyReceived)[0].parameters.spi


@pytest.mark.req("R8871-24")
def test_remove_ends_the_association_and_keeps_the_member_out() -> None:
    world = board("a", "b")
    a, b = world.join("a"), world.join("b")
    world.kmf.remove(BOARD, identity("a").fingerprint, world.now)
    world.run()
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "removed")]
    assert a.of(object)[-1].reason == "close_notify"
    assert len(b.of(EktKeyReceived)) == 2
    world.join("a")
    assert world.states() == {"b": "active"}
    assert world.kmf.counters["not_a_member"] == 1
    world.kmf.admit(BOARD, member("a"))
    world.join("a")
    assert world.states() == {"b": "active", "a": "active"}


def test_a_member_removed_during_its_handshake_does_not_get_in() -> None:
    world = board("a")
    line = world.client("a")
    held: list[Any] = []

    def hold_last_flight(sender: str, message: Any) -> bool:
        if sender == "mdd" and handshake_types(message.content.dtls)[:1] == [11]:
            held.append(message.record)
            return True
        return False

    world.drop = hold_last_flight
    world.run()
    world.kmf.remove(BOARD, identity("a").fingerprint, world.now)
    world.drop = lambda _s, _m: False
    world.send("t1", held[0])
    world.run()
    assert world.states() == {}
    assert line.of(HandshakeCompleted) == []
    assert world.kmf.hop_keys("t1", line.association_id) is None


@pytest.mark.parametrize("call", ["members", "rekey", "remove", "admit"])
def test_control_of_an_unknown_conference_is_a_local_error(call: str) -> None:
    world = board("a")
    more = {"rekey": (1.0,), "remove": ("x", 1.0), "admit": (member("b"),)}.get(call, ())
    with pytest.raises(LocalError, match="no conference"):
        getattr(world.kmf, call)(b"?" * 16, *more)


def test_an_mdd_is_never_admitted_as_a_member() -> None:
    fingerprint = identity("mdd").fingerprint
    world = World(kmf_config(conference(BOARD, "a", mdds=frozenset({fingerprint}))))
    with pytest.raises(LocalError, match="MDD"):
        world.kmf.admit(BOARD, member("mdd"))


# -- the whole --------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes() -> None:
    logs = []
    for _ in range(2):
        world = board("a", "b", "c")
        for name in "abc":
            world.join(name)
        logs.append([m.record for m in world.log])
    assert logs[0] == logs[1]


@pytest.mark.req("SLD-TRN-05", "T00-TUN-06")
def test_many_endpoints_join_over_one_tunnel_at_once() -> None:
    names = [f"p{n}" for n in range(25)]
    world = board(*names, rekey_on_join=None)
    for name in names:
        world.client(name)
    world.run()
    assert set(world.states().values()) == {"active"}
    assert len(world.states()) == len(names)
    assert len(world.of(MemberJoined)) == len(names)


def test_the_key_log_gets_one_line_a_handshake() -> None:
    lines: list[str] = []
    world = World(kmf_config(conference(BOARD, "a", "b")), keylog=lines.append)
    world.tunnel()
    world.join("a")
    world.join("b")
    assert [line.split()[0] for line in lines] == ["CLIENT_RANDOM"] * 2


def test_nothing_shows_key_octets_in_its_repr() -> None:
    world = board("a")
    line = world.join("a")
    keys = world.kmf.hop_keys("t1", line.association_id)
    assert keys is not None
    shown = repr(keys) + repr(world.events) + repr(world.kmf.members(BOARD))
    assert keys.client.key.hex() not in shown
    assert repr(bytes(keys.client.key))[2:-1] not in shown


@pytest.mark.req("T00-KMF-17")
def test_a_kmf_loads_nothing_of_an_mdd() -> None:
    """They never share a process: what a KMF needs does not even import the other side."""
    code = "import sys, perc_scapy.roles.kmf; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = [name for name in modules.stdout.split() if name.startswith("perc_scapy.roles.")]
    assert "perc_scapy.roles.kmf" in loaded
    assert not any("mdd" in name or "forwarder" in name for name in loaded)

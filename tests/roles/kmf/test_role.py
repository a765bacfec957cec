# SPDX-License-Identifier: GPL-2.0-only
"""The KMF as its tunnels see it: admission of tunnels, MDDs, conferences and messages; what a whole join looks like."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from perc_scapy.dtls import EktKeyReceived, HandshakeCompleted
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf.events import MemberJoined, MemberLeft, TunnelAuthorised
from perc_scapy.roles.tunnels import CloseTunnel, TunnelLost
from tests.roles.kmf_world import (
    BOARD,
    MDD_1,
    MDD_2,
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


@pytest.mark.parametrize("mtu", [None, 400])
def test_inner_datagrams_leave_room_for_the_tunnel_around_them(mtu: int | None) -> None:
    """The outer datagram adds 37 octets of message, 37 of DTLS, and IP and UDP (AMB-09)."""
    world = World(kmf_config(conference(BOARD, "a"), **({"mtu": mtu} if mtu else {})))
    world.tunnel()
    world.join("a", dtls={"mtu": mtu} if mtu else None)
    assert world.states() == {"a": "active"}
    sizes = [len(m.content.dtls) for m in world.log]
    assert max(sizes) <= (mtu or 1200)
    assert len(sizes) > 8 or mtu is None, "a smaller limit makes more datagrams"


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
    code = "import sys, perc_scapy.roles.kmf.role; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = [name for name in modules.stdout.split() if name.startswith("perc_scapy.roles.")]
    assert "perc_scapy.roles.kmf.role" in loaded
    assert not any("mdd" in name or "forwarder" in name for name in loaded)

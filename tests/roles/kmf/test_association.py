# SPDX-License-Identifier: GPL-2.0-only
"""One association: keys with every Finished, a second handshake on the same pair, the same member elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from perc_scapy.dtls import EktKeyReceived, HandshakeCompleted
from perc_scapy.roles.kmf.config import Member
from perc_scapy.roles.kmf.events import HopKeysSent, MemberJoined, MemberLeft
from perc_scapy.tunnel.links import client_hello_random
from perc_scapy.tunnel.messages import TunneledDtls
from tests.roles.kmf_world import (
    BOARD,
    CODEC,
    OTHER,
    Line,
    World,
    conference,
    handshake_types,
    has_finished,
    identity,
    kmf_config,
    records_of,
)


def board(*names: str, **changes: Any) -> World:
    world = World(kmf_config(conference(BOARD, *names, **changes)))
    world.tunnel()
    return world


# -- keys travel with the Finished ----------------------------------------------------------------------------------


@pytest.mark.req("T00-KMF-11", "T00-KMF-10", "SLD-TRN-01", "T00-TUN-08")
def test_the_keys_come_again_with_every_retransmitted_finished() -> None:
    world = board("a")
    lost = iter([True] * 2)
    world.drop = lambda sender, m: sender == "kmf" and m.type == 2 and next(lost, False)
    line = world.client("a")
    world.run(8.0)
    messages = [m for m in world.sent("kmf") if has_finished(m.content.dtls)]
    assert len(messages) == 3
    assert [m.type for m in messages] == [2, 2, 2]
    keys = [m.content.keys for m in messages]
    assert keys[0] == keys[1] == keys[2] == world.kmf.hop_keys("t1", line.association_id)
    assert [e.repeat for e in world.of(HopKeysSent)] == [False, True, True]
    assert world.states() == {"a": "active"}
    assert all(m.type == 0 for m in world.sent("kmf") if not has_finished(m.content.dtls))


@pytest.mark.req("T00-KMF-11")
def test_a_finished_in_a_datagram_of_its_own_takes_the_keys_along() -> None:
    """With a small MTU ChangeCipherSpec and Finished may part; the Finished decides (AMB-16)."""
    world = World(kmf_config(conference(BOARD, "a"), mtu=256))
    world.tunnel()
    world.join("a", dtls={"mtu": 256})
    assert world.states() == {"a": "active"}
    finished = [
        m
        for m in world.sent("kmf")
        if any(kind == 22 and epoch == 1 for kind, epoch, _ in records_of(m.content.dtls))
    ]
    assert [m.type for m in finished][:1] == [2]
    assert sum(m.type == 2 for m in world.sent("kmf")) == 1
    assert all(len(m.content.dtls) <= 256 for m in world.sent("kmf"))


@pytest.mark.req("T00-KMF-14", "T00-KMF-08")
@pytest.mark.parametrize("flight", [11, 20])
def test_no_keys_before_certificate_and_finished_are_verified(flight: int) -> None:
    """Everything but the client's proof arrives: nothing of type 2 may leave."""
    world = board("a")

    def tamper(kind: int, body: bytes) -> bytes:
        return bytes((body[0] ^ 1,)) + body[1:] if kind == flight else body

    world.join("a", dtls={"tamper": tamper})
    world.run(5.0)
    assert all(m.type == 0 for m in world.sent("kmf"))
    assert world.of(MemberJoined) == []


# -- identity of an association ---------------------------------------------------------------------------------------


def test_the_conference_of_an_association_never_changes() -> None:
    both = (conference(i, "a", shared_tunnel=True) for i in (BOARD, OTHER))
    world = World(kmf_config(*both))
    world.tunnel()
    line = world.join("a", conference_id=BOARD)
    line.conference_id = OTHER
    line.peer.close(world.now)
    world.run()
    assert world.kmf.counters == {"conference_changed": 1}
    assert world.states(BOARD) == {"a": "active"}
    assert world.states(OTHER) == {}


def test_another_profile_list_after_the_choice_is_refused() -> None:
    world = board("a")
    line = world.client("a")
    held: list[bytes] = []

    def hold(sender: str, message: Any) -> bool:
        if sender == "mdd" and handshake_types(message.content.dtls)[:1] == [11] and not held:
            held.append(message.content.dtls)
            return True
        return False

    world.drop = hold
    world.run()
    for profiles, counted in (((7, 8), 1), ((9, 0x000A), 1)):
        message = TunneledDtls(line.association_id, held[0], BOARD, profiles)
        world.send("t1", CODEC.encode(message, "mdd"))
        assert world.kmf.counters["profiles_changed"] == counted
    world.run()
    assert world.states() == {"a": "active"}  # the same list again is a late SupportedProfiles


@pytest.mark.req("R9185-SEC-02", "T00-KMF-18")
def test_swapped_association_ids_break_handshakes_and_nothing_else() -> None:
    world = board("a", "b", "c")
    world.join("c")
    a, b = world.client("a"), world.client("b")

    original = world.to_kmf

    def misdirect(line: Line, datagram: bytes) -> None:
        other = {id(a): b, id(b): a}.get(id(line), line)
        original(other if handshake_types(datagram)[:1] == [11] else line, datagram)

    world.to_kmf = misdirect  # type: ignore[method-assign]
    world.run(3.0)
    assert world.states() == {"c": "active"}
    assert all(m.type == 0 for line in (a, b) for m in world.sent("kmf", line))
    assert a.of(EktKeyReceived) == b.of(EktKeyReceived) == []


@pytest.mark.req("T00-KMF-18")
def test_records_of_one_member_under_the_id_of_another_are_dropped() -> None:
    world = board("a", "b", rekey_on_join=None)
    a, b = world.join("a"), world.join("b")
    for m in [m for m in world.sent("mdd", a) if m.type == 0]:
        world.send("t1", CODEC.encode(TunneledDtls(b.association_id, m.content.dtls, BOARD), "mdd"))
    world.run(300.0)
    assert world.states() == {"a": "active", "b": "active"}
    counters = world.kmf.counters
    assert counters["dtls_record_not_authentic"] + counters["dtls_record_replayed"] >= 2
    assert counters["dtls_plain_record_after_handshake"] >= 3
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert world.states() == {"a": "active", "b": "active"}


@pytest.mark.req("T00-KMF-18")
def test_everything_that_was_ever_sent_may_come_again() -> None:
    world = board("a", "b", rekey_on_join=None)
    world.join("a")
    b = world.join("b")
    for message in [*world.sent("mdd"), *reversed(world.sent("mdd"))]:
        world.send(message.tunnel_id, message.record)
        world.kmf.tunnel_data_to_send()
    world.run(300.0)
    assert world.states() == {"a": "active", "b": "active"}
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert len(b.of(EktKeyReceived)) == 2


# -- a new handshake on a live pair (AMB-23) --------------------------------------------------------------------------


def again(world: World, line: Line, name: str) -> Line:
    """The same address starts over with a new DTLS client; its MDD keeps the association id."""
    world.lines.remove(line)
    fresh = world.client(name, association_id=line.association_id)
    fresh.answered = True
    return fresh


@pytest.mark.req("R8871-26")
def test_a_completed_new_handshake_replaces_the_association() -> None:
    world = board("a", "b")
    b, old = world.join("b"), world.join("a")
    keys = world.kmf.hop_keys("t1", old.association_id)
    fresh = again(world, old, "a")
    world.run()
    assert fresh.of(HandshakeCompleted)
    new_keys = world.kmf.hop_keys("t1", old.association_id)
    assert new_keys is not None
    assert new_keys != keys
    assert world.states() == {"b": "active", "a": "active"}
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "replaced")]
    spis = {line.of(EktKeyReceived)[-1].parameters.spi for line in (b, fresh)}
    assert len(spis) == 1
    assert len(b.of(EktKeyReceived)) == 1  # a was a member all along: no re-key


def test_until_then_the_old_association_stays_in_force() -> None:
    world = board("a")
    old = world.join("a")
    fresh = again(world, old, "a")
    world.drop = lambda sender, m: sender == "mdd" and handshake_types(m.content.dtls)[:1] == [11]
    world.run()
    assert world.states() == {"a": "active"}
    world.lines.remove(fresh)
    world.lines.append(old)
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert len(old.of(EktKeyReceived)) == 2
    world.run(250.0)
    assert world.kmf.counters["half_open_timeout"] == 1
    assert world.states() == {"a": "active"}
    old.peer.close(world.now)
    world.run()
    assert world.states() == {}


def test_a_stranger_on_the_pair_of_a_member_is_refused_and_the_member_stays() -> None:
    world = board("a", "b")
    old = world.join("a")
    again(world, old, "stranger")
    world.run()
    assert world.kmf.counters["not_a_member"] == 1
    assert world.states() == {"a": "active"}
    world.lines.append(old)
    world.kmf.rekey(BOARD, world.now)
    world.run()
    assert world.states() == {"a": "active"}


@pytest.mark.req("R8871-24")
def test_another_member_on_the_pair_takes_the_place_and_the_rest_is_rekeyed() -> None:
    world = board("a", "b", "c", rekey_on_join=None)
    c, old = world.join("c"), world.join("a")
    fresh = again(world, old, "b")
    world.run()
    assert world.states() == {"c": "active", "b": "active"}
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "displaced")]
    newest = {line.of(EktKeyReceived)[-1].parameters.spi for line in (c, fresh)}
    assert len(newest) == 1
    assert old.of(EktKeyReceived)[-1].parameters.spi not in newest


def test_a_late_copy_of_the_first_hello_starts_nothing() -> None:
    world = board("a")
    line = world.join("a")
    hellos = [m for m in world.sent("mdd", line) if handshake_types(m.content.dtls) == [1]]
    sent = len(world.sent("kmf"))
    for message in hellos:
        world.send("t1", message.record)
    world.run(300.0)
    assert len(world.sent("kmf")) == sent
    assert world.states() == {"a": "active"}
    assert world.kmf.counters["half_open_timeout"] == 0


def test_a_restart_in_the_middle_of_a_handshake_succeeds() -> None:
    world = board("a")
    first = world.client("a")
    world.drop = lambda sender, m: sender == "mdd" and handshake_types(m.content.dtls)[:1] == [11]
    world.run()
    world.drop = lambda _s, _m: False
    again(world, first, "a")
    world.run()
    assert world.states() == {"a": "active"}
    assert world.kmf._tunnels["t1"].half_open == {}
    assert world.kmf.counters["handshake_abandoned"] == 1


def test_restarts_do_not_pile_up() -> None:
    world = board("a")
    line = world.join("a")
    world.drop = lambda sender, m: sender == "mdd" and handshake_types(m.content.dtls)[:1] == [11]
    for _ in range(10):
        line = again(world, line, "a")
        world.run()
    assert len(world.kmf._tunnels["t1"].half_open) == 1
    assert world.kmf.counters["handshake_abandoned"] == 9
    assert len(world.kmf._tunnels["t1"].associations) == 1


# -- the same member from two places ----------------------------------------------------------------------------------


def test_the_second_place_of_a_member_ends_the_first() -> None:
    world = board("a", "b")
    b, first = world.join("b"), world.join("a")
    second = world.join("a")
    assert world.states() == {"b": "active", "a": "active"}
    assert [(e.association_id, e.reason) for e in world.of(MemberLeft)] == [
        (first.association_id, "replaced")
    ]
    assert first.of(object)[-1].reason == "close_notify"
    assert len(b.of(EktKeyReceived)) == 1
    assert world.kmf.hop_keys("t1", first.association_id) is None
    assert world.kmf.hop_keys("t1", second.association_id) is not None


def test_or_both_stay_when_the_conference_allows_it() -> None:
    world = board("a", "b", same_member="allow")
    b = world.join("b")
    lines = [world.join("a"), world.join("a")]
    assert len(world.kmf.members(BOARD)) == 3
    assert len(b.of(EktKeyReceived)) == 1  # the second place of a member is no join
    lines[0].peer.close(world.now)
    world.run()
    assert len(world.kmf.members(BOARD)) == 2


@pytest.mark.parametrize("same_pair", [False, True])
def test_a_member_whose_entry_was_changed_meanwhile_is_still_the_same(same_pair: bool) -> None:
    """The certificate tells who it is: neither a join, nor a stranger that takes its place."""
    world = board("a", "b")
    b, first = world.join("b"), world.join("a")
    world.kmf.admit(BOARD, Member("another name", identity("a").fingerprint))
    if same_pair:
        again(world, first, "a")
        world.run()
    else:
        world.join("a")
    assert [e.reason for e in world.of(MemberLeft)] == ["replaced"]
    assert len(world.kmf.members(BOARD)) == 2
    assert len(b.of(EktKeyReceived)) == 1, "no new key: nobody joined or left"


# -- the peek ---------------------------------------------------------------------------------------------------------


def test_client_hello_random_reads_first_fragments_of_plain_hellos_only() -> None:
    world = board("a")
    world.join("a")
    seen = [client_hello_random(m.content.dtls) for m in world.log]
    assert [random is not None for random in seen] == [True, False, True, *[False] * 5]
    assert seen[0] == seen[2]
    assert len(seen[0] or b"") == 32
    hello = world.log[0].content.dtls
    for length in range(59):
        assert client_hello_random(hello[:length]) is None
    later_fragment = hello[:19] + b"\x00\x00\x01" + hello[22:]
    epoch_1 = hello[:4] + b"\x01" + hello[5:]
    assert client_hello_random(later_fragment) is client_hello_random(epoch_1) is None


def test_identities_are_the_same_in_every_test() -> None:
    assert identity("a") is identity("a")

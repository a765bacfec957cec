# SPDX-License-Identifier: GPL-2.0-only
"""Media of endpoints: what they say and hear, what a newcomer and a leaver can open, what is dropped."""

from __future__ import annotations

import random

import pytest

from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import LocalError
from perc_scapy.roles.endpoint.events import (
    EndpointClosed,
    MediaReceived,
    SenderKeyLearned,
    SendingKeyChanged,
    SourceLeft,
    SsrcChanged,
)
from perc_scapy.roles.kmf.events import MemberLeft
from perc_scapy.wire import peel_ekt
from tests.roles.kmf_world import BOARD, conference, kmf_config
from tests.roles.media_world import (
    MediaWorld,
    board,
    direct,
    ekt_parameters,
    heard,
    pair,
)

FULL, SHORT = 2, 0


# -- media --------------------------------------------------------------------------------------------------------


@pytest.mark.req("SLD-ROLE-03", "T00-EP-07")
@pytest.mark.parametrize(("profile", "cipher"), [(9, 1), (9, 2), (10, 2)])
def test_two_endpoints_talk(profile: int, cipher: int) -> None:
    world = board("a", "b", profile=profile, ekt_cipher=cipher)
    a = world.join_endpoint("a", profiles=(profile,))
    b = world.join_endpoint("b", profiles=(profile,))
    spoken = [b"frame %d" % n for n in range(30)]
    for payload in spoken:
        world.say(a, payload)
        world.say(b, payload[::-1])
    assert heard(b) == spoken
    assert heard(a) == [p[::-1] for p in spoken]
    assert not a.peer.counters


def test_what_an_event_says_of_a_packet() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a", ssrc=0xCAFEBABE), world.join_endpoint("b")
    a.peer.send_rtp(b"x", timestamp=160, payload_type=8, marker=True, now=world.now)
    a.peer.send_rtp(b"y", timestamp=320, payload_type=8, now=world.now)
    world.run()
    first, second = b.of(MediaReceived)
    assert (first.ssrc, first.payload_type, first.marker) == (0xCAFEBABE, 8, True)
    assert second.sequence == first.sequence + 1
    assert second.timestamp - first.timestamp & 0xFFFFFFFF == 160
    assert (first.outer_sequence, first.outer_payload_type) == (first.sequence, 8)
    assert first.now == world.now
    assert first.key_id == b.of(SenderKeyLearned)[0].key_id


def test_numbers_start_at_random_values_of_the_injected_source() -> None:
    sequences = set()
    for seed in range(8):
        world = MediaWorld(kmf_config(conference(BOARD, "a")), seed=seed)
        world.tunnel()
        line = world.join_endpoint("a")
        world.say(line, b"x")
        sequences.add(world.media[-1][1][2:12])
    assert len(sequences) == 8


@pytest.mark.parametrize("payload_type", [64, 72, 95, 128, -1])
def test_payload_types_that_look_like_rtcp_are_a_local_error(payload_type: int) -> None:
    world = board("a")
    line = world.join_endpoint("a")
    with pytest.raises(LocalError, match="RTCP"):
        line.peer.send_rtp(b"x", timestamp=0, payload_type=payload_type, now=world.now)


@pytest.mark.req("R8871-17")
def test_two_ssrcs_have_their_own_keys_on_the_list() -> None:
    world = board("a", "b", "c", rekey_on_join=None)
    lines = [world.join_endpoint(name) for name in "abc"]
    for line in lines:
        world.say(line, b"hello")
    listed = lines[0].peer.sources
    assert set(listed) == {lines[1].peer.ssrc, lines[2].peer.ssrc}
    assert len({status.key_id for status in listed.values()}) == 2


@pytest.mark.req("R8871-18")
def test_leaving_says_bye_closes_and_forgets_every_key() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    world.say(a, b"x")
    world.say(b, b"y")
    receiving = a.peer._media.receiving
    ssrc = a.peer.ssrc
    a.peer.leave(world.now)
    world.run()
    assert [e.ssrc for e in b.of(SourceLeft)] == [ssrc]
    assert b.peer.sources == {}
    assert a.of(EndpointClosed) == [EndpointClosed("closed", 0, True)]
    assert [(e.member, e.reason) for e in world.of(MemberLeft)] == [("a", "closed")]
    assert (a.peer.ready, a.peer.closed, a.peer.ssrc, a.peer.sources) == (False, True, None, {})
    assert receiving.ekt.ssrcs() == []
    assert receiving.ekt.spis(world.now) == []
    assert not a.peer.send_rtp(b"z", timestamp=0, now=world.now)
    world.say(b, b"after")
    assert a.peer.counters["not_ready"] == 1
    assert a.peer.get_timer() is None


@pytest.mark.req("R8871-24")
def test_a_leaver_cannot_open_what_is_said_after_the_rekey() -> None:
    world = board("a", "b", "c")
    a, b, c = (world.join_endpoint(name, key_change_delay=0.1) for name in "abc")
    world.say(a, b"with c")
    held = c.peer._media.receiving.ekt.spis(world.now)
    c.peer.leave(world.now)
    world.run(1.0)
    for n in range(30):
        world.say(a, b"without c %d" % n)
    assert b.of(MediaReceived)[-1].spi not in held
    assert a.of(SendingKeyChanged)[-1].spi not in held


@pytest.mark.req("NUJ-12", "NUJ-08", "NUJ-15", "NUJ-16")
def test_a_newcomer_opens_nothing_that_was_said_before_it_came() -> None:
    world = board("a", "b", "c")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    for n in range(10):
        world.say(a, b"before %d" % n)
    recorded = [wire for line, wire in world.media if line is a]
    old = b.of(MediaReceived)[-1].spi
    c = world.join_endpoint("c")
    assert old not in c.peer.spis(world.now)
    hop = world.contexts(c)
    source = world.kmf.hop_keys("t1", a.association_id)
    assert hop is not None
    assert source is not None
    ingress = SrtpContext(7, *source.client)
    for wire in recorded:  # even a helpful MDD cannot let it hear them
        srtp, field = peel_ekt(wire)
        world.incoming(c, hop[1].protect(ingress.unprotect(srtp)) + field.raw)
    assert heard(c) == []
    assert c.peer.counters["unknown_spi"] + c.peer.counters["no_sender_key"] == len(recorded)
    while world.now < 105.0:
        for line in (a, b, c):
            world.say(line, b"after")
    assert b"after" in heard(c)
    assert a.peer.counters == b.peer.counters == {}


# -- drops --------------------------------------------------------------------------------------------------------


@pytest.mark.req("R8871-12", "DBL-18")
def test_a_replayed_packet_is_dropped() -> None:
    world, _, b = pair()
    world.incoming(b, world.delivered[-1][1])
    assert b.peer.counters == {"replayed": 1}
    assert len(heard(b)) == 1


@pytest.mark.req("R8871-13", "FW16-09")
def test_an_inner_packet_replayed_under_a_fresh_outer_layer_is_dropped() -> None:
    world, a, b = pair()
    srtp, field = peel_ekt(world.media[-1][1])
    hop, source = world.contexts(b), world.kmf.hop_keys("t1", a.association_id)
    assert hop is not None
    assert source is not None
    plain = bytearray(SrtpContext(7, *source.client).unprotect(srtp))
    original = bytes(plain[2:4])
    plain[2:4] = (int.from_bytes(original, "big") + 1).to_bytes(2, "big")
    changed = bytes(plain[:-1]) + original + b"\x01"  # OHB: the original SEQ
    world.incoming(b, hop[1].protect(changed) + field.raw)
    assert b.peer.counters == {"replayed": 1}
    assert len(heard(b)) == 1


@pytest.mark.req("R8871-02", "FW16-10", "R8871-09")
@pytest.mark.parametrize("octet", [0, 1, 2, 4, 8, 12, 20, 40])
def test_a_changed_octet_is_noticed_and_the_packet_itself_still_opens(octet: int) -> None:
    world, a, b = pair()
    wire = world.hold(a, b, b"untouched")
    changed = bytearray(wire)
    changed[octet] ^= 0x01
    world.incoming(b, bytes(changed))
    assert len(heard(b)) == 1
    assert sum(b.peer.counters.values()) == 1
    world.incoming(b, wire)
    assert heard(b)[-1] == b"untouched"


def test_the_wrong_hops_key_opens_nothing() -> None:
    world, _, b = pair()
    world.incoming(b, world.media[-1][1])  # as sent on the first hop
    assert b.peer.counters["authentication"] + b.peer.counters["replayed"] == 1
    assert len(heard(b)) == 1


@pytest.mark.req("EKT-07")
def test_a_field_of_an_unknown_spi_is_counted_and_nothing_is_learned() -> None:
    world, a, b = pair()
    a.peer._media.stream._perc.ekt.set_parameters(ekt_parameters(spi=1), world.now)
    before = len(heard(b))
    for _ in range(30):
        world.say(a, b"under another key")
    assert b.peer.counters["unknown_spi"] >= 3
    assert len(b.of(SenderKeyLearned)) == 1
    assert len(heard(b)) < before + 30


def test_who_meets_its_own_ssrc_goes_on_with_another() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a", ssrc=77), world.join_endpoint("b", ssrc=77)
    world.say(a, b"who am I")
    assert b.peer.counters["own_ssrc"] == 1
    assert heard(b) == []
    ((old, new),) = [(event.old, event.ssrc) for event in b.of(SsrcChanged)]
    assert old == 77 != new == b.peer.ssrc
    world.say(b, b"somebody else")
    media = a.of(MediaReceived)[-1]
    assert (media.ssrc, media.payload) == (new, b"somebody else")
    world.say(a, b"and I am I")
    assert b.of(MediaReceived)[-1].ssrc == 77
    assert a.of(SsrcChanged) == []


def test_the_own_ssrc_changes_once_in_a_while_only() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a", ssrc=77), world.join_endpoint("b", ssrc=77)
    world.say(a, b"one")
    b.peer._media.stream.ssrc = 77
    world.say(a, b"two")
    assert len(b.of(SsrcChanged)) == 1
    assert b.peer.counters["own_ssrc"] == 2


def test_own_media_that_come_back_are_no_collision() -> None:
    world = board("a", "b")
    a, b = world.join_endpoint("a", ssrc=77), world.join_endpoint("b", ssrc=77)
    b.peer._media.stream._key_id = a.peer._media.stream.key_id  # under our key: it must be ours
    world.say(a, b"round and round")
    assert b.peer.counters == {"own_ssrc": 1}
    assert (b.peer.ssrc, dict(b.peer.sources)) == (77, {})


def test_forged_media_with_the_own_ssrc_change_nothing() -> None:
    world = board("a", "b")
    b = world.join_endpoint("b", ssrc=77)
    forged = b"\x80\0" + bytes(6) + (77).to_bytes(4, "big") + bytes(60)
    b.peer.receive_datagram(forged, None, world.now)
    assert b.peer.counters == {"own_ssrc": 1}
    assert b.peer.ssrc == 77


def test_media_before_keys_is_dropped() -> None:
    endpoint, _, _ = direct()
    endpoint.receive_datagram(b"\x80\x00" + bytes(60), None, 0.0)
    endpoint.receive_datagram(b"\x80\xc8" + bytes(60), None, 0.0)
    assert endpoint.counters == {"no_keys": 2}


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01" + bytes(18), b"\x10" * 20, b"\x4f" * 20, b"\xff"]
)
def test_stun_zrtp_turn_and_noise_are_counted(data: bytes) -> None:
    endpoint, _, _ = direct()
    endpoint.receive_datagram(data, None, 0.0)
    assert endpoint.counters == {"unknown_packet": 1}


def test_only_the_configured_address_is_listened_to() -> None:
    endpoint, dtls, _ = direct({"mdd_addr": ("10.0.0.1", 5000)})
    assert not dtls.established
    assert set(endpoint.counters) == {"foreign_address"}


def test_senders_beyond_the_limit_are_not_kept() -> None:
    names = [f"p{n}" for n in range(6)]
    world = board(*names, rekey_on_join=None)
    lines = [world.join_endpoint(name, max_sources=3) for name in names]
    for line in lines:
        world.say(line, b"hello")
        world.say(line, b"again")
    assert len(lines[0].peer.sources) == 3
    assert lines[0].peer.counters == {"too_many_sources": 4}


@pytest.mark.req("EKT-19", "DBL-07")
def test_every_truncation_of_media_is_counted_and_harms_nothing() -> None:
    world, a, b = pair()
    whole = world.hold(a, b, b"cut me")
    for length in range(len(whole)):
        world.incoming(b, whole[:length])
    assert len(heard(b)) == 1
    assert sum(b.peer.counters.values()) == len(whole)
    world.incoming(b, whole)
    assert heard(b)[-1] == b"cut me"


@pytest.mark.req("R8871-35")
def test_random_datagrams_never_raise() -> None:
    source = random.Random(8870)
    world, a, b = pair()
    originals = [wire for _, wire in world.delivered] + [
        m.content.dtls for m in world.sent("kmf", b) if m.content.dtls
    ]
    for _ in range(3000):
        data = bytearray(source.choice(originals))
        for _ in range(source.randrange(1, 5)):
            data[source.randrange(len(data))] = source.randrange(256)
        if source.random() < 0.3:
            del data[source.randrange(len(data)) :]
        b.peer.receive_datagram(bytes(data), None, world.now)
    assert len(heard(b)) == 1
    world.say(a, b"still here")
    assert heard(b)[-1] == b"still here"


# -- hbh_only -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [1, 2, 7, 8])
def test_a_plain_conference_works_only_where_it_is_asked_for(profile: int) -> None:
    world = board("a", "b", profile=profile, hbh_only=True)
    where = {"profiles": (1, 2, 7, 8)}
    a, b = (
        world.join_endpoint(name, where=where, profiles=(8, 7, 2, 1), hbh_only=True)
        for name in "ab"
    )
    assert a.peer.ready
    world.say(a, b"in clear to the MDD")
    (event,) = b.of(MediaReceived)
    assert (event.payload, event.spi, event.key_id) == (b"in clear to the MDD", None, None)
    assert world.states() == {"a": "keyed", "b": "keyed"}
    assert world.kmf.rekey(BOARD, world.now) is None


def test_an_endpoint_that_wants_double_refuses_a_plain_conference() -> None:
    world = board("a", profile=7, hbh_only=True)
    line = world.join_endpoint("a", where={"profiles": (7,)})
    assert not line.peer.ready
    assert line.peer.closed
    assert world.kmf.counters["endpoint_lacks_profile"] == 1

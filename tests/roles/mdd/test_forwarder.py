# SPDX-License-Identifier: GPL-2.0-only
"""Media through the MDD: who gets it, under which key, with which header, and what never gets through."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import SrtpContext
from perc_scapy.crypto.hop import KEEP
from perc_scapy.errors import AuthenticationError, LocalError, PercError, ReplayError
from perc_scapy.roles import RelayPolicy
from perc_scapy.wire import full_ekt_field, peel_ohb
from tests.roles.mdd_world import (
    DOUBLE,
    DOUBLE_256,
    PLAIN,
    ROOM,
    SHORT,
    Party,
    World,
    bye,
    rtp,
    sender_report,
)
from tests.scenarios.test_mdd_knows_nothing import reachable

A_SSRC, B_SSRC = 0xAAAA0001, 0xBBBB0002
FULL = full_ekt_field(bytes(range(40)), 0x1234, 7)
EXTENSION = b"some data" + (12).to_bytes(2, "big") + b"\x09"


def three(profile: int = DOUBLE) -> tuple[World, Party, Party, Party]:
    world = World()
    return (world, *(world.join(name, profile) for name in "abc"))


@pytest.mark.req("T00-MDD-08", "R8871-09", "R8871-11", "DBL-13", "FW16-05")
@pytest.mark.parametrize("profile", [DOUBLE, DOUBLE_256, PLAIN])
def test_a_packet_reaches_every_other_participant_under_its_own_key(profile: int) -> None:
    world, a, b, c = three(profile)
    packet = rtp(1, A_SSRC)
    sent = {path: data for data, path in world.say(a.protect(packet), a.path)}
    assert set(sent) == {b.path, c.path}
    assert sent[b.path] != sent[c.path]
    with pytest.raises(AuthenticationError):
        c.open(sent[b.path])
    for receiver in (b, c):
        assert receiver.open(sent[receiver.path]) == packet + receiver.ohb


@pytest.mark.req("EKT-21")
@pytest.mark.parametrize("field", [SHORT, FULL, EXTENSION])
def test_the_ekt_field_passes_octet_for_octet(field: bytes) -> None:
    world, a, b, _ = three()
    for data, path in world.say(a.protect(rtp(1, A_SSRC), field), a.path):
        if path == b.path:
            assert b.open(data, field) == rtp(1, A_SSRC) + b"\0"


@pytest.mark.parametrize("last", range(0, 256, 5))
def test_without_ekt_no_last_octet_is_taken_for_a_field(last: int) -> None:
    world, a, b, _ = three(PLAIN)
    seq = 1
    while (wire := a.protect(rtp(seq, A_SSRC)))[-1] != last:
        seq += 1
    (data, _), _ = world.say(wire, a.path)
    assert b.down.unprotect(data) == rtp(seq, A_SSRC)


@pytest.mark.parametrize("tail", [b"\x01", b"\0\x05\x02", b"\xff\xff\x02", b"\0\0\x09"])
def test_a_field_that_does_not_parse_is_malformed(tail: bytes) -> None:
    world, a, _, _ = three()
    wire = a.up.protect(rtp(1, A_SSRC) + b"\0") + tail
    assert world.say(wire, a.path) == []
    assert world.counters == {"malformed_media": 1}


@pytest.mark.req("R8871-12")
def test_replay_forgery_and_noise_are_dropped_and_counted() -> None:
    world, a, b, _ = three()
    wire = a.protect(rtp(1, A_SSRC))
    assert len(world.say(wire, a.path)) == 2
    assert world.say(wire, a.path) == []
    assert world.say(wire[:20] + bytes((wire[20] ^ 1,)) + wire[21:], a.path) == []
    forged = a.protect(rtp(2, A_SSRC))
    assert world.say(forged[:30] + bytes((forged[30] ^ 1,)) + forged[31:], a.path) == []
    assert world.say(wire, b.path) == [], "another participant's address does not fit the key"
    for length in range(1, len(forged)):
        assert world.say(forged[:length], a.path) == []
    assert world.say(b"\x80\xc8", a.path) == []
    assert set(world.counters) == {"replayed", "authentication", "malformed_media"}
    assert len(world.say(forged, a.path)) == 2, "the stream goes on"


@pytest.mark.req("R8871-12")
def test_a_replay_toward_a_receiver_is_for_the_receiver_to_see() -> None:
    world, a, b, _ = three()
    (data, _), _ = world.say(a.protect(rtp(1, A_SSRC)), a.path)
    b.open(data)
    with pytest.raises(ReplayError):
        b.open(data)


def test_one_owner_per_ssrc() -> None:
    world, a, b, _ = three()
    assert len(world.say(a.protect(rtp(1, A_SSRC)), a.path)) == 2
    assert world.say(b.protect(rtp(1, A_SSRC)), b.path) == []
    assert world.say(b.up.protect_rtcp(sender_report(A_SSRC)), b.path) == []
    assert world.counters == {"stolen_ssrc": 2}
    forged = rtp(9, A_SSRC) + bytes(40)
    assert world.say(forged, b.path) == []
    assert world.counters == {"stolen_ssrc": 2, "authentication": 1}
    assert len(world.say(b.protect(rtp(1, B_SSRC)), b.path)) == 2
    assert len(world.say(a.protect(rtp(2, A_SSRC)), a.path)) == 2


def test_only_authentic_packets_make_an_owner() -> None:
    world, a, b, _ = three()
    assert world.say(rtp(1, B_SSRC) + bytes(40), a.path) == []
    assert len(world.say(b.protect(rtp(1, B_SSRC)), b.path)) == 2


@pytest.mark.req("R8871-14")
def test_rtcp_goes_hop_by_hop_without_an_ekt_field() -> None:
    world, a, b, c = three()
    report = sender_report(A_SSRC)
    sent = world.say(a.up.protect_rtcp(report), a.path)
    assert [path for _, path in sent] == [b.path, c.path]
    assert b.down.unprotect_rtcp(sent[0][0]) == report
    assert c.down.unprotect_rtcp(sent[1][0]) == report
    assert world.say(a.up.protect_rtcp(report)[:-1] + b"\0", a.path) == []
    clear = a.up.protect_rtcp(report, encrypt=False)
    assert b.down.unprotect_rtcp(world.say(clear, a.path)[0][0]) == report


def test_outgoing_rtcp_indices_count_up_whatever_comes_in() -> None:
    world, a, b, _ = three()
    for index in (5, 9, 7):
        sent = world.say(a.up.protect_rtcp(sender_report(A_SSRC), index=index), a.path)
        b.down.unprotect_rtcp(sent[0][0])
    assert b.down.rtcp_index(A_SSRC) == 3


def test_a_bye_frees_the_ssrc_of_its_sender_only() -> None:
    world, a, b, _ = three()
    world.say(a.protect(rtp(1, A_SSRC)), a.path)
    world.say(b.protect(rtp(1, B_SSRC)), b.path)
    world.say(b.up.protect_rtcp(sender_report(B_SSRC, bye(A_SSRC, B_SSRC))), b.path)
    assert world.say(b.protect(rtp(3, A_SSRC)), b.path) == []
    assert len(world.say(a.protect(rtp(2, B_SSRC)), a.path)) == 2


def test_ssrcs_of_one_association_are_capped_for_its_life() -> None:
    world, a, _, _ = three()
    limit = 32
    for ssrc in range(limit):
        assert world.say(a.protect(rtp(1, ssrc)), a.path)
        world.say(a.up.protect_rtcp(sender_report(ssrc, bye(ssrc))), a.path)
    assert world.say(a.protect(rtp(1, limit)), a.path) == []
    assert world.counters == {"ssrc_cap": 1}
    assert world.say(a.protect(rtp(2, 3)), a.path), "one that it had is still its own"


# -- header changes


def test_changes_and_their_ohb() -> None:
    world, a, b, _ = three()
    world.mdd.set_change(ROOM, RelayPolicy({0: 96}, sequence_offset=1000, marker=True))
    (data, _), _ = world.say(a.protect(rtp(5, A_SSRC)), a.path)
    plain = b.open(data)
    assert struct.unpack_from("!BBH", plain) == (0x80, 0x80 | 96, 1005)
    body, ohb = peel_ohb(plain[12:])
    assert (ohb.pt, ohb.seq, ohb.marker) == (0, 5, False)
    assert body == rtp(5, A_SSRC)[12:]
    assert plain[4:12] == rtp(5, A_SSRC)[4:12], "timestamp and SSRC stay"


def test_a_payload_type_that_is_not_listed_stays() -> None:
    world, a, b, _ = three()
    world.mdd.set_change(ROOM, RelayPolicy({8: 96}))
    (data, _), _ = world.say(a.protect(rtp(5, A_SSRC)), a.path)
    assert b.open(data) == rtp(5, A_SSRC) + b"\0"


def test_extensions_are_added_and_removed() -> None:
    world, a, b, _ = three()
    extension = bytes.fromhex("bede0001") + b"\x10\x55\x00\x00"
    world.mdd.set_change(ROOM, RelayPolicy(extension=extension))
    (data, _), _ = world.say(a.protect(rtp(1, A_SSRC)), a.path)
    plain = b.open(data)
    assert plain[12:20] == extension
    assert plain[20:] == rtp(1, A_SSRC)[12:] + b"\0"
    world.mdd.set_change(ROOM, RelayPolicy(extension=None))
    with_extension = b"\x90" + rtp(2, A_SSRC)[1:12] + extension + b"payload"
    (data, _), _ = world.say(a.protect(with_extension), a.path)
    assert b.open(data) == rtp(2, A_SSRC, b"payload") + b"\0"
    assert RelayPolicy().extension is KEEP


def test_a_plain_profile_has_no_ohb_to_keep() -> None:
    world, a, b, _ = three(PLAIN)
    world.mdd.set_change(ROOM, RelayPolicy({0: 96}, sequence_offset=3))
    packet = rtp(5, A_SSRC, b"payload that ends like an OHB \x0f")
    (data, _), _ = world.say(a.protect(packet), a.path)
    plain = b.open(data)
    assert struct.unpack_from("!BBH", plain) == (0x80, 96, 8)
    assert plain[12:] == packet[12:]


def test_a_broken_ohb_cannot_be_changed() -> None:
    world, a, _, _ = three()
    world.mdd.set_change(ROOM, RelayPolicy({0: 96}))
    wire = a.up.protect(rtp(1, A_SSRC) + b"\xf0") + SHORT
    assert world.say(wire, a.path) == []
    assert world.counters == {"malformed_media": 1}


@pytest.mark.parametrize(
    ("policy", "first"),
    [(RelayPolicy({0: 96}), 1), (RelayPolicy(sequence_offset=5), 1), (RelayPolicy(), 0xC001)],
    ids=["payload type", "offset", "moved away from the wrap"],
)
def test_a_broken_ohb_in_mid_stream_is_dropped_like_any_other(
    policy: RelayPolicy, first: int
) -> None:
    world, a, b, _ = three()
    world.mdd.set_change(ROOM, policy)
    world.say(a.protect(rtp(first, A_SSRC)), a.path)
    wire = a.up.protect(rtp(first + 1, A_SSRC) + b"\xf0") + SHORT
    assert world.say(wire, a.path) == []
    assert world.counters == {"malformed_media": 1}
    sent = {path: data for data, path in world.say(a.protect(rtp(first + 2, A_SSRC)), a.path)}
    assert peel_ohb(b.open(sent[b.path])[12:])[0] == rtp(0, 0)[12:]


def test_another_offset_in_mid_stream_repeats_no_index() -> None:
    world, a, b, _ = three()
    seen = set()
    for seq in range(1, 200):
        if seq % 40 == 0:
            world.mdd.set_change(ROOM, RelayPolicy(sequence_offset=(seq * 7919) & 0xFFFF))
        (data, _), _ = world.say(a.protect(rtp(seq, A_SSRC)), a.path)
        b.open(data)
        seen.add(b.down.last_index(A_SSRC))
    assert len(seen) == 199
    assert world.counters == {}


@pytest.mark.parametrize("profile", [DOUBLE, PLAIN])
def test_a_participant_that_sends_nothing_inside_harms_nobody(profile: int) -> None:
    world, a, b, _ = three(profile)
    tail = SHORT if profile == DOUBLE else b""
    for policy in (RelayPolicy(), RelayPolicy({0: 96}), RelayPolicy(sequence_offset=5)):
        world.mdd.set_change(ROOM, policy)
        for _ in range(3):
            seq = (a.up.last_index(A_SSRC) or 0) + 1
            for data, path in world.say(a.up.protect(rtp(seq, A_SSRC, b"")) + tail, a.path):
                if path == b.path:
                    assert len(b.open(data)) == 12
            world.say(a.protect(rtp(seq + 1, A_SSRC)), a.path)


policies = st.builds(
    RelayPolicy,
    st.dictionaries(st.integers(0, 127), st.integers(0, 127), max_size=4),
    sequence_offset=st.sampled_from([0, 0, 1, 40000]),
    marker=st.none() | st.booleans(),
    extension=st.sampled_from([KEEP, KEEP, None, bytes.fromhex("bede0001") + bytes(4)]),
)
packets = st.tuples(
    st.integers(128, 191),  # V, P, X, CC
    st.integers(0, 255),
    st.integers(0, 65535),
    st.integers(0, 3),
    st.binary(max_size=40),
    st.sampled_from([SHORT, FULL, EXTENSION, b"", b"\x02", b"\x01"]),
    st.booleans(),
)


@given(st.sampled_from([DOUBLE, PLAIN]), policies, st.lists(packets, max_size=12))
def test_an_authentic_but_hostile_participant_harms_nobody(
    profile: int, policy: RelayPolicy, hostile: list[tuple[int, int, int, int, bytes, bytes, bool]]
) -> None:
    """Whatever a participant seals with its own key: no exception, and others go on."""
    world, a, b, c = three(profile)
    world.mdd.set_change(ROOM, policy)
    for first, second, seq, ssrc, rest, tail, rtcp in hostile:
        raw = struct.pack("!BBHII", first, second, seq, 0, ssrc) + rest
        try:
            wire = a.up.protect_rtcp(raw) if rtcp else a.up.protect(raw) + tail
        except (PercError, ValueError):
            continue  # cannot be sealed
        world.say(wire, a.path)
    for data, path in world.say(b.protect(rtp(1, B_SSRC)), b.path):
        if path == c.path:
            assert len(c.open(data)) >= len(rtp(1, B_SSRC))


# -- who may hear whom


def test_participants_with_another_profile_hear_nothing() -> None:
    world = World()
    a, b, p = world.join("a"), world.join("b"), world.join("p", PLAIN)
    assert [path for _, path in world.say(a.protect(rtp(1, A_SSRC)), a.path)] == [b.path]
    assert world.say(p.protect(rtp(1, B_SSRC)), p.path) == []


def test_nobody_hears_a_lone_speaker_and_a_late_joiner_hears_from_then_on() -> None:
    world = World()
    a = world.join("a")
    assert world.say(a.protect(rtp(1, A_SSRC)), a.path) == []
    b = world.join("b")
    ((data, path),) = world.say(a.protect(rtp(2, A_SSRC)), a.path)
    assert path == b.path
    assert b.open(data) == rtp(2, A_SSRC) + b"\0"


def test_packets_of_the_mdd_itself_carry_a_short_field() -> None:
    world, a, b, _ = three()
    world.join("p", PLAIN)
    world.mdd.originate(ROOM, rtp(1, 0x5EED))
    sent = {path.remote: data for data, path in world.mdd.datagrams_to_send(0.0)}
    assert set(sent) == {"a", "b", "c", "p"}
    assert b.down.unprotect(sent["b"][:-1]) == rtp(1, 0x5EED)
    assert sent["b"][-1:] == SHORT
    assert len(sent["p"]) == len(sent["b"]) - 1
    assert world.say(a.protect(rtp(1, 0x5EED)), a.path) == []
    world.say(a.protect(rtp(1, A_SSRC)), a.path)
    with pytest.raises(LocalError):
        world.mdd.originate(ROOM, rtp(1, A_SSRC))


def test_a_packet_of_the_mdd_whose_index_is_used_up_is_left_out_and_counted() -> None:
    world, a, _, _ = three()
    for seq in (1, 2):
        world.say(a.protect(rtp(seq, A_SSRC)), a.path)
    world.mdd.remove(a.path, 0.0)
    late = world.join("late")
    world.mdd.originate(ROOM, rtp(2, A_SSRC))
    ((data, path),) = world.mdd.datagrams_to_send(0.0)
    assert path == late.path
    assert late.open(data) == rtp(2, A_SSRC)
    assert world.counters == {"index_unavailable": 2}


@pytest.mark.parametrize("says_bye", [False, True])
def test_nothing_of_a_participant_that_left_stays_but_the_indices_it_used(says_bye: bool) -> None:
    world, a, b, c = three()
    world.say(b.protect(rtp(1, B_SSRC)), b.path)
    world.say(a.protect(rtp(1, A_SSRC)), a.path)
    if says_bye:
        world.say(a.up.protect_rtcp(bye(A_SSRC)), a.path)
        world.say(c.protect(rtp(1, A_SSRC)), c.path)
    gone = {id(x) for x in reachable(world.mdd) if isinstance(x, SrtpContext) and _runs(x, a)}
    assert len(gone) == 2, "what it sends and what it hears"
    world.mdd.remove(a.path, 0.0)
    left = {id(thing) for thing in reachable(world.mdd)}
    assert not gone & left


def _runs(context: SrtpContext, party: Party) -> bool:
    return context.key_digest in (party.up.key_digest, party.down.key_digest)

# SPDX-License-Identifier: GPL-2.0-only
"""Outgoing indices: never twice under one receiver key, and always where the receiver's ROC estimate can follow."""

from __future__ import annotations

import random as seeded

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from perc_scapy.crypto import SrtpContext
from perc_scapy.crypto import srtp as srtp_module
from perc_scapy.roles import MddLimits, RelayPolicy
from perc_scapy.roles.mdd.forwarder_egress import GAP, EgressStream, place
from tests.roles.mdd_world import PLAIN, ROOM, Party, World, hop_keys, rtp, sender_report

SSRC = 0xCAFE0001


@pytest.mark.req("FW16-11")
@pytest.mark.parametrize(
    ("highest", "wanted", "index"),
    [
        (None, 0, 0),
        (None, 0xBFFF, 0xBFFF),
        (None, 0xC000, 0x4000),
        (None, 0xFFFF, 0x7FFF),
        (None, 5 * 65536 + 77, 77),
        (1000, 1001, 1001),
        (1000, 1000, 1000 + GAP),
        (1000, 999, 1000 + GAP),
        (1000, 1000 + 0x3FFF, 1000 + 0x3FFF),
        (1000, 1000 + 0x4000, 1000 + GAP),
        (0x1FFF0, 5, 0x20005),
    ],
)
def test_places(highest: int | None, wanted: int, index: int) -> None:
    assert place(highest, wanted) == index


@given(st.none() | st.integers(0, 2**48), st.integers(0, 2**48))
def test_a_place_is_ahead_and_near(highest: int | None, wanted: int) -> None:
    index = place(highest, wanted)
    if highest is None:
        assert 0 <= index < 0xC000
    else:
        assert 0 < index - highest < 0x8000


def test_two_sources_keep_their_own_shift() -> None:
    egress, old, new = SrtpContext(PLAIN, bytes(16), bytes(12)), object(), object()
    stream = EgressStream(egress, SSRC)
    assert stream.shift_of(old, 65536 * 3 + 10, 0) == -65536 * 3
    egress.protect(rtp(10, SSRC))
    assert stream.shift_of(new, 11, 0) == 0
    assert stream.shift_of(old, 65536 * 3 + 9, 0) == -65536 * 3
    assert stream.shift_of(new, 12, 0) == 0
    stream.move()
    assert stream.shift_of(new, 12, 100) == 100
    assert stream.shift_of(old, 65536 * 3 + 9, 0) != 100 - 65536 * 3


def test_a_stream_forgets_all_sources_but_one() -> None:
    egress, old, new = SrtpContext(PLAIN, bytes(16), bytes(12)), object(), object()
    stream = EgressStream(egress, SSRC)
    stream.shift_of(old, 10, 0)
    egress.protect(rtp(10, SSRC))
    shift = stream.shift_of(new, 5, 0)
    stream.forget_all_but(new)
    assert stream.shift_of(new, 6, 0) == shift
    assert references(stream) == [new]
    stream.forget_all_but(old)
    assert references(stream) == []


def references(stream: EgressStream) -> list[object]:
    return [held for held in (stream.source, stream._before) if held is not None]


@pytest.mark.parametrize("talks", [True, False])
@pytest.mark.parametrize("profile", [9, PLAIN])
def test_replaced_hop_keys_do_not_outlive_their_hold(talks: bool, profile: int) -> None:
    world = World(limits=MddLimits(rekey_hold=2.0))
    a, b = world.join("a"), world.join("b")
    world.say(a.protect(rtp(1, SSRC)), a.path)
    keys = hop_keys("other", profile)
    old, listener = world.mdd._legs[a.path][1].ingress, world.mdd._legs[b.path][1]
    assert references(listener.out[SSRC]) == [old]
    world.answer(a.association, keys=keys)
    a.use(keys)
    if talks:
        world.say(a.protect(rtp(2, SSRC)), a.path)
    world.now = 2.0
    world.mdd.handle_timer(2.0)
    assert old not in references(listener.out[SSRC])
    sent = world.say(a.protect(rtp(3, SSRC)), a.path)
    assert len(sent) == (profile == 9)


def pair(profile: int = 9) -> tuple[World, Party, Party]:
    world = World(limits=MddLimits(idle_timeout=1e9))
    return world, world.join("a", profile), world.join("b", profile)


def hear(world: World, sender: Party, listener: Party, wire: bytes) -> None:
    """The listener must open what it gets: an index used twice or out of reach would fail here."""
    for data, path in world.say(wire, sender.path):
        if path == listener.path:
            listener.open(data)


@pytest.mark.req("FW16-11")
@pytest.mark.parametrize("wraps", [0, 1, 3])
def test_a_late_joiner_starts_at_roc_zero(wraps: int) -> None:
    world = World()
    a = world.join("a")
    seq = 100
    while seq < 65536 * wraps + 100:
        seq += 32000  # a step that the estimate of the ROC can follow
        world.say(a.protect(rtp(seq, SSRC)), a.path)
    assert (a.up.roc(SSRC) or 0) == wraps
    b = world.join("b")
    for number in range(seq + 1, seq + 20):
        hear(world, a, b, a.protect(rtp(number, SSRC)))
    assert b.down.roc(SSRC) == 0
    assert world.counters == {}


def test_a_joiner_just_before_the_wrap_survives_the_loss_of_its_first_packets() -> None:
    world, a, b = pair()
    for seq in range(65500, 65600):
        sent = world.say(a.protect(rtp(seq, SSRC)), a.path)
        if seq >= 65540:  # all before the wrap were lost on the way to b
            b.open(sent[0][0])
    assert world.counters == {}


def test_a_long_stream_keeps_its_numbers() -> None:
    world, a, b = pair()
    for seq in range(0, 5 * 65536, 997):
        (data, _), *_ = world.say(a.protect(rtp(seq, SSRC)), a.path)
        assert b.open(data) == rtp(seq, SSRC) + b"\0", "nothing to rewrite, no OHB"
    assert b.down.roc(SSRC) == 4


@pytest.mark.parametrize("start", [0, 1, 99, 100, 101, 5000, 40000, 65535])
def test_a_sender_that_rejoins_repeats_no_index(start: int) -> None:
    world, a, b = pair()
    for seq in range(1, 101):
        hear(world, a, b, a.protect(rtp(seq, SSRC)))
    world.mdd.remove(a.path, 0.0)
    again = world.join("a2", seed=f"again {start}")
    for seq in range(start, start + 100):
        hear(world, again, b, again.protect(rtp(seq, SSRC)))
    assert world.counters == {}
    assert b.down.last_index(SSRC) > 199 - 100


def test_another_association_takes_a_freed_ssrc_over_and_the_indices_go_on() -> None:
    world, a, b = pair()
    c = world.join("c")
    hear(world, a, b, a.protect(rtp(7, SSRC)))
    assert world.say(c.protect(rtp(7, SSRC)), c.path) == []
    world.mdd.remove(a.path, 0.0)
    hear(world, c, b, c.protect(rtp(8, SSRC)))
    assert world.counters == {"stolen_ssrc": 1}


def test_reordered_packets_keep_their_order() -> None:
    world, a, b = pair()
    order = [5, 4, 7, 6, 9, 8, 12, 10, 11]
    wires = {seq: a.protect(rtp(seq, SSRC)) for seq in range(1, 13)}
    for seq in order:
        hear(world, a, b, wires[seq])
    assert world.counters == {}


def test_a_packet_from_before_the_first_index_cannot_be_had() -> None:
    """The receiver's ROC starts at 0: there is no place below."""
    world, a, b = pair()
    hear(world, a, b, a.protect(rtp(0, 1)))
    for seq in range(65530, 65538):
        a.protect(rtp(seq, SSRC))
    late_first = a.protect(rtp(65538, SSRC))
    world.mdd.remove(b.path, 0.0)
    assert world.say(late_first, a.path) == []


steps = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.integers(1, 40)),
        st.tuples(st.just("jump"), st.integers(1, 0x2FFF)),
        st.tuples(st.just("rejoin"), st.integers(0, 65535)),
        st.tuples(st.just("rekey"), st.integers(0, 1)),
        st.tuples(st.just("offset"), st.integers(0, 65535)),
        st.tuples(st.just("receiver rekey"), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)


@given(steps, st.integers(0, 0x7FFF))
def test_whatever_the_sender_does_the_receiver_can_follow(
    story: list[tuple[str, int]], seq: int
) -> None:
    """Each packet that is forwarded opens at the receiver: no index twice, none out of reach of its ROC estimate."""
    world, a, b = pair()
    heard = 0
    for number, (what, value) in enumerate(story):
        if what == "jump":
            seq += value
        elif what == "rejoin":
            world.mdd.remove(a.path, 0.0)
            a, seq = world.join(f"a{number}"), value
        elif what == "rekey":
            keys = hop_keys(("rekey", number))
            world.answer(a.association, keys=keys)
            a.use(keys)
            if value:
                a.up.set_roc(SSRC, seq >> 16)
            else:
                seq &= 0xFFFF
        elif what == "receiver rekey":
            keys = hop_keys(("receiver", number))
            world.answer(b.association, keys=keys)
            b.use(keys)
            world.say(b.protect(rtp(number, 0xBBBB)), b.path)
        elif what == "offset":
            world.mdd.set_change(ROOM, RelayPolicy(sequence_offset=value))
        for _ in range(value if what == "run" else 3):
            if seq <= (a.up.last_index(SSRC) or -1):
                seq = (a.up.last_index(SSRC) or 0) + 1
            for data, path in world.say(a.protect(rtp(seq, SSRC), index=seq), a.path):
                assert path == b.path
                b.open(data)
                heard += 1
            seq += 1
    assert heard == sum(value if what == "run" else 3 for what, value in story)
    assert world.counters == {}


def rejoining(world: World, times: int) -> None:
    """A member that comes again and again, each time with as many SSRCs as it may have."""
    for visit in range(times):
        party = world.join(f"guest{visit}")
        for number in range(32):
            ssrc = 1000 + 32 * visit + number
            world.say(party.protect(rtp(1, ssrc)), party.path)
            world.say(party.up.protect_rtcp(sender_report(ssrc)), party.path)
        world.mdd.remove(party.path, 0.0)


def test_a_member_that_rejoins_for_ever_makes_nobody_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srtp_module, "MAX_STREAMS", 64)
    world, a, b = pair()
    hear(world, a, b, a.protect(rtp(1, SSRC)))
    rejoining(world, 5)
    hear(world, a, b, a.protect(rtp(2, SSRC)))
    hear(world, a, b, a.protect(rtp(2, SSRC + 1)))
    assert b.down.last_index(SSRC + 1) == 2
    assert world.counters == {}
    assert world.mdd._legs[b.path][1].egress.ssrcs() == [SSRC, SSRC + 1], "ended ones are compact"


def test_what_no_receiver_can_keep_any_more_has_its_own_counter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(srtp_module, "MAX_STREAMS", 4)
    monkeypatch.setattr(srtp_module, "MAX_RETIRED", 32)
    world, a, b = pair()
    hear(world, a, b, a.protect(rtp(1, SSRC)))
    rejoining(world, 2)
    assert set(world.counters) == {"ssrcs_exhausted"}
    before = world.counters
    hear(world, a, b, a.protect(rtp(2, SSRC)))
    assert b.down.last_index(SSRC) == 2, "who is there goes on"
    assert world.counters == before


# -- against libsrtp


def session(key: bytes, salt: bytes, kind: int) -> Session:
    policy = Policy(
        key=bytes(key) + bytes(salt),
        ssrc_type=kind,
        srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    policy.window_size = 128
    return Session(policy)


@pytest.mark.parametrize("profile", [9, PLAIN])
def test_a_libsrtp_sender_and_receiver_understand_the_mdd(profile: int) -> None:
    """Two hops of libsrtp with losses and reordering; the receiver's libsrtp keeps its own ROC, over four wraps."""
    world, a, b = pair(profile)
    up = session(*a.keys.client, Policy.SSRC_ANY_OUTBOUND)
    down = session(*b.keys.server, Policy.SSRC_ANY_INBOUND)
    draw, seq, opened, held = seeded.Random(7), 20000, 0, None
    field = b"\0" if a.double else b""
    for _ in range(400):
        seq += draw.randrange(1, 1000)
        wire = up.protect(rtp(seq, SSRC) + a.ohb) + field
        wire, held = (held or wire, wire) if draw.random() < 0.3 else (wire, held)
        if draw.random() < 0.1:
            continue
        for data, _ in world.say(wire, a.path):
            plain = down.unprotect(data[:-1] if field else data)
            assert plain[12 : len(rtp(seq, SSRC))] == rtp(seq, SSRC)[12:]
            opened += 1
    assert opened > 250
    assert seq > 3 * 65536
    assert set(world.counters) <= {"replayed"}


def test_libsrtp_follows_a_sender_that_rejoined() -> None:
    world, a, b = pair()
    down = session(*b.keys.server, Policy.SSRC_ANY_INBOUND)
    for name, first in (("a", 100), ("again", 50), ("third", 65000)):
        party = a if name == "a" else world.join(name)
        for seq in range(first, first + 700):
            for data, _ in world.say(party.protect(rtp(seq, SSRC)), party.path):
                down.unprotect(data[:-1])
        world.mdd.remove(party.path, 0.0)
    assert world.counters == {}

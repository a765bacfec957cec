# SPDX-License-Identifier: GPL-2.0-only
"""Hop keys of a participant: a repeat changes nothing, new ones replace the old without losing what is on the way."""

from __future__ import annotations

import pytest

from perc_scapy.errors import AuthenticationError
from perc_scapy.roles import MddLimits
from tests.roles.mdd_world import DOUBLE_256, Party, World, hop_keys, rtp, sender_report

A, B = 0xA, 0xB


def talking() -> tuple[World, Party, Party]:
    world = World(limits=MddLimits(rekey_hold=2.0))
    a, b = world.join("a"), world.join("b")
    for seq in range(1, 5):
        world.say(a.protect(rtp(seq, A)), a.path)
        world.say(b.protect(rtp(seq, B)), b.path)
    return world, a, b


@pytest.mark.req("T00-KMF-11")
def test_an_identical_repeat_resets_no_context() -> None:
    world, a, b = talking()
    replay = a.protect(rtp(5, A))
    (data, _), *_ = world.say(replay, a.path)
    world.answer(a.association, keys=a.keys)
    assert world.say(replay, a.path) == [], "the replay list is still there"
    world.answer(b.association, keys=b.keys)
    (data, _), *_ = world.say(a.protect(rtp(6, A)), a.path)
    b.open(data)
    assert world.counters == {"replayed": 1}


def test_new_keys_open_at_once_and_old_ones_for_a_while() -> None:
    world, a, b = talking()
    late = a.protect(rtp(5, A))
    old_up, keys = a.up, hop_keys("new")
    world.answer(a.association, keys=keys)
    a.use(keys)
    for wire in (a.protect(rtp(6, A)), late, a.protect(rtp(7, A))):
        (data, _), *_ = world.say(wire, a.path)
        b.open(data)
    world.now = 2.0
    world.mdd.handle_timer(2.0)
    assert world.say(old_up.protect(rtp(8, A) + b"\0") + b"\0", a.path) == []
    assert world.counters == {"authentication": 1}


@pytest.mark.parametrize("roc", [0, 3])
def test_a_sender_may_keep_its_roc_or_start_again(roc: int) -> None:
    world, a, _ = talking()
    for seq in range(5, roc * 65536, 30000):
        world.say(a.protect(rtp(seq, A)), a.path)
    last = a.up.last_index(A) or 0
    keys = hop_keys("new")
    world.answer(a.association, keys=keys)
    a.use(keys)
    if roc:
        a.up.set_roc(A, last >> 16)
    for seq in range(last + 1, last + 5):
        sent = world.say(a.protect(rtp(seq, A)), a.path)
        assert len(sent) == 1
    assert world.counters == {}


def test_what_goes_out_changes_keys_when_the_participant_has_shown_its_own() -> None:
    world, a, b = talking()
    old_down, keys = b.down, hop_keys("new for b")
    world.answer(b.association, keys=keys)
    b.use(keys)
    (data, _), *_ = world.say(a.protect(rtp(5, A)), a.path)
    old_down.unprotect(data[:-1])  # b's Finished may still be on the way
    world.say(b.up.protect_rtcp(sender_report(B)), b.path)
    (data, _), *_ = world.say(a.protect(rtp(6, A)), a.path)
    assert b.open(data) == rtp(6, A) + b"\0"
    with pytest.raises(AuthenticationError):
        old_down.unprotect(data[:-1])


def test_a_silent_participant_gets_the_new_keys_after_the_hold() -> None:
    world, a, b = talking()
    keys = hop_keys("new for b")
    world.answer(b.association, keys=keys)
    b.use(keys)
    timer = world.mdd.get_timer()
    assert timer == 2.0
    world.now = timer
    world.mdd.handle_timer(timer)
    (data, _), *_ = world.say(a.protect(rtp(5, A)), a.path)
    assert b.open(data) == rtp(5, A) + b"\0"


def test_a_late_copy_of_replaced_keys_restarts_nothing() -> None:
    world, a, b = talking()
    first, keys = b.keys, hop_keys("second")
    world.answer(b.association, keys=keys)
    b.use(keys)
    world.say(b.protect(rtp(9, B)), b.path)
    world.answer(b.association, keys=first)
    (data, _), *_ = world.say(a.protect(rtp(5, A)), a.path)
    b.open(data)
    assert world.counters == {"key_reused": 1}


def test_rtcp_under_old_and_new_keys() -> None:
    world, a, b = talking()
    old, keys = a.up, hop_keys("new")
    world.answer(a.association, keys=keys)
    a.use(keys)
    assert len(world.say(old.protect_rtcp(sender_report(A)), a.path)) == 1
    assert len(world.say(a.up.protect_rtcp(sender_report(A)), a.path)) == 1
    assert b.path.remote == "b"


def test_another_profile_is_a_clean_cut() -> None:
    world, a, b = talking()
    keys = hop_keys("strong", DOUBLE_256)
    old = a.up
    world.answer(a.association, keys=keys)
    assert world.say(old.protect(rtp(5, A) + b"\0") + b"\0", a.path) == []
    a.use(keys)
    assert world.say(a.protect(rtp(6, A)), a.path) == [], "b has the other profile"
    other = hop_keys("strong b", DOUBLE_256)
    world.answer(b.association, keys=other)
    b.use(other)
    (data, _), *_ = world.say(a.protect(rtp(7, A)), a.path)
    b.open(data)

# SPDX-License-Identifier: GPL-2.0-only
"""A participant with valid hop keys against the MDD and everybody else in the conference."""

from __future__ import annotations

import pytest

from perc_scapy.roles.events import SourceEnded
from tests.roles.mdd_world import World, bye, rtp, sender_report

A, B = 0xAAAA0001, 0xBBBB0002


@pytest.mark.parametrize(
    "packet",
    [bye(A, A), sender_report(A, bye(A, A), bye(A)), bye(A, B, A, B)],
    ids=["twice", "in two packets", "with another's"],
)
def test_a_bye_that_names_an_ssrc_twice_ends_it_once(packet: bytes) -> None:
    world = World()
    a, b = world.join("a"), world.join("b")
    world.say(a.protect(rtp(1, A)), a.path)
    world.say(b.protect(rtp(1, B)), b.path)
    world.events()
    assert len(world.say(a.up.protect_rtcp(packet), a.path)) == 1
    assert [e.ssrc for e in world.events() if isinstance(e, SourceEnded)] == [A]
    assert len(world.say(b.protect(rtp(2, B)), b.path)) == 1
    assert len(world.say(a.protect(rtp(2, A)), a.path)) == 1, "it may speak again"

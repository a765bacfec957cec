# SPDX-License-Identifier: GPL-2.0-only
"""A conference without end-to-end protection, by explicit policy: plain SRTP, no EKT, same MDD."""

from __future__ import annotations

import pytest

from perc_scapy.roles.events import EktKeyCreated, HopKeysInstalled, MediaReceived
from perc_scapy.sim.conference import SimConference
from tests.scenarios.story import Story


@pytest.mark.parametrize("profile", [0x0001, 0x0002, 0x0007, 0x0008])
def test_plain_profiles_pass_the_mdd(profile: int) -> None:
    conference = SimConference(
        setup={"profile": profile, "hbh_only": True},
        mdd_setup={"profiles": (profile, 9)},
        log=True,
    )
    for name in "abc":
        conference.join(name)
    conference.run(1.0)
    for name in "abc":
        conference.talk(name, 20)
        conference.run(0.003)
    conference.run(2.0)
    for node in conference.endpoints.values():
        assert len(node.of(MediaReceived)) == 40
        assert not node.endpoint.counters
    assert {e.profile for e in conference.mdd.of(HopKeysInstalled)} == {profile}
    assert not conference.kmf.of(EktKeyCreated)
    story = Story(conference)
    assert not [row for row in story.rows if "ekt_key" in row.names]


def test_a_double_and_a_plain_conference_share_an_mdd() -> None:
    rooms = {"sealed": ("a", "b"), "open": ("c", "d")}
    conference = SimConference(
        rooms,
        room_setup={"open": {"profile": 7, "hbh_only": True}},
        mdd_setup={"profiles": (9, 7)},
    )
    plain = {"profiles": (7,), "hbh_only": True}
    for name, room in (("a", "sealed"), ("b", "sealed"), ("c", "open"), ("d", "open")):
        conference.join(name, room, **(plain if room == "open" else {}))
    conference.run(1.0)
    for name in "ac":
        conference.talk(name, 10)
    conference.run(1.0)
    heard = {name: len(node.of(MediaReceived)) for name, node in conference.endpoints.items()}
    assert heard == {"a": 0, "b": 10, "c": 0, "d": 10}

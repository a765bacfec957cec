# SPDX-License-Identifier: GPL-2.0-only
"""One tunnel for all, one for each conference, one for each endpoint: all work alike against one KMF; and what a lost
tunnel takes with it."""

from __future__ import annotations

import pytest

from perc_scapy.roles.events import (
    AssociationClosed,
    AssociationOpened,
    CloseTunnel,
    MediaReady,
    MediaReceived,
    MemberLeft,
    TunnelLost,
)
from perc_scapy.sim.conference import SimConference, mdd_address, tunnel_address
from perc_scapy.tunnel.carrier import TunnelOpened
from tests.scenarios.story import Story

ROOMS = {"red": ("a", "b"), "blue": ("c", "d")}
LAYOUTS = {
    "one for all": {"red": ("t",), "blue": ("t",)},
    "one for each conference": {"red": ("r",), "blue": ("b",)},
    "one for each endpoint": {"red": ("r1", "r2"), "blue": ("b1", "b2")},
}


def joined(layout: str) -> SimConference:
    conference = SimConference(
        ROOMS, tunnels=LAYOUTS[layout], setup={"shared_tunnel": layout == "one for all"}, log=True
    )
    conference.run(0.5)
    for room, names in ROOMS.items():
        for name in names:
            assert conference.join(name, room).of(MediaReady)
    conference.run(1.0)
    return conference


@pytest.mark.req("T00-TUN-04", "T00-KMF-01", "T00-MDD-01", "T00-TUN-06", "SLD-ASM-02", "T00-KMF-05")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_carries_two_conferences(layout: str) -> None:
    conference = joined(layout)
    wanted = {name for names in LAYOUTS[layout].values() for name in names}
    assert len(conference.mdd.of(TunnelOpened)) == len(wanted)
    used = {e.tunnel_id for e in conference.mdd.of(AssociationOpened)}
    assert used == wanted
    for name in "ac":
        conference.talk(name, 10)
    conference.run(1.0)
    heard = {name: len(node.of(MediaReceived)) for name, node in conference.endpoints.items()}
    assert heard == {"a": 0, "b": 10, "c": 0, "d": 10}
    ends: dict[str, set[object]] = {}
    log = conference.network.log or []
    for row in Story(conference).rows:
        if row.message is not None:
            pair = {log[row.packet].source, log[row.packet].destination}
            ends.setdefault(row.participant, set()).update(pair - {"kmf"})
    assert {len(addresses) for addresses in ends.values()} == {1}, "both ways on one tunnel"


def test_a_tunnel_is_not_shared_unless_both_conferences_say_so() -> None:
    conference = SimConference(ROOMS, tunnels=LAYOUTS["one for all"])
    conference.run(0.5)
    assert conference.join("a", "red").of(MediaReady)
    assert not conference.join("c", "blue", within=10.0).of(MediaReady)
    assert conference.kmf.kmf.counters["tunnel_not_shared"] >= 1


def test_a_lost_tunnel_ends_its_own_associations_and_they_can_come_back() -> None:
    conference = joined("one for each conference")
    (red,) = [e for e in conference.kmf.of(TunnelOpened) if e.tunnel_id.addr == tunnel_address("r")]
    conference.kmf.listener.close_tunnel(red.tunnel_id, conference.now)
    conference.network.touch(conference.kmf)
    conference.run(0.1)
    assert [e.associations for e in conference.mdd.of(TunnelLost)] == [2]
    assert {e.reason for e in conference.mdd.of(AssociationClosed)} == {"tunnel_lost"}
    left = {e.member for e in conference.kmf.of(MemberLeft)}
    assert left == {"a", "b"}
    conference.talk("c", 10)
    conference.talk("a", 10)
    conference.run(3.0)
    assert len(conference.endpoints["d"].of(MediaReceived)) == 10
    assert conference.endpoints["b"].of(MediaReceived) == []
    assert conference.mdd.mdd.counters["no_keys"] >= 10
    old = {e.association_id for e in conference.mdd.of(AssociationOpened)}
    for name in "ab":
        assert conference.join(name, "red").of(MediaReady), "the tunnel was dialled again"
    new = {e.association_id for e in conference.mdd.of(AssociationOpened)} - old
    assert len(new) == 2
    conference.run(2.0)
    conference.talk("a", 10)
    conference.run(1.0)
    assert len(conference.endpoints["b"].of(MediaReceived)) == 10


@pytest.mark.req("T00-TUN-05")
def test_an_endpoint_that_comes_before_the_tunnel() -> None:
    conference = SimConference(("a",))
    node = conference.start("a")  # at the same moment as the tunnel's own first ClientHello
    conference.run(3.0)
    assert node.of(MediaReady)
    assert conference.mdd.mdd.counters["no_tunnel"] == 1


@pytest.mark.req("T00-KMF-17", "T00-KMF-02")
def test_the_kmf_starts_nothing_and_is_elsewhere() -> None:
    conference = SimConference(("a",), log=True)
    conference.network.log = []
    conference.run(5.0)
    kmf_first = [c for c in conference.network.log if c.source == "kmf"]
    assert all(c.destination == tunnel_address("room") for c in kmf_first)
    assert set(conference.kmf.addresses).isdisjoint(conference.mdd.addresses)
    quiet = SimConference(("a",), log=True)
    quiet.network.detach(quiet.mdd)
    quiet.run(60.0)
    assert not [c for c in quiet.network.log or [] if c.source == "kmf" and c.time > 1.0]
    assert mdd_address("room") in quiet.mdd.addresses


def test_a_kmf_that_restarted_is_found_again_by_the_next_participant() -> None:
    conference = SimConference(("a", "b"))
    conference.run(1.0)
    fresh = SimConference(("a", "b"), seed=2).kmf
    conference.network.detach(conference.kmf)
    conference.network.attach(fresh)
    node = conference.join("a", within=40.0)
    assert node.of(MediaReady)
    assert [e.reason for e in conference.mdd.of(CloseTunnel)] == ["silent"]
    assert len(conference.mdd.of(TunnelOpened)) == 2

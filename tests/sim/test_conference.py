# SPDX-License-Identifier: GPL-2.0-only
"""Whole conferences in one process, the same octets every time."""

from __future__ import annotations

from perc_scapy.roles.events import MediaReady, MediaReceived
from perc_scapy.sim.conference import SimConference, conference_id, identity
from perc_scapy.sim.network import Conditions


def test_three_participants_hear_each_other() -> None:
    conference = SimConference()
    for name in "abc":
        conference.join(name)
    conference.run(3.0)
    for name in "abc":
        conference.talk(name, 20)
    conference.run(2.0)
    for name in "abc":
        heard = {event.payload for event in conference.endpoints[name].of(MediaReceived)}
        others = [other for other in "abc" if other != name]
        expected = {
            f"{other} {n} ".encode().ljust(160, b".") for other in others for n in range(20)
        }
        assert heard == expected
        assert not conference.endpoints[name].endpoint.counters
    assert not conference.mdd.mdd.counters.keys() - {"no_tunnel"}


def transcript(seed: int) -> list[bytes]:
    conference = SimConference(seed=seed, access=Conditions(loss=0.1, jitter=0.03, corrupt=0.05))
    conference.network.log = []
    for name in "ab":
        conference.join(name)
    conference.talk("a", 10)
    conference.run(1.0)
    return [crossing.data for crossing in conference.network.log]


def test_a_seed_names_every_octet() -> None:
    assert transcript(5) == transcript(5) != transcript(6)


def test_certificates_are_always_the_same() -> None:
    assert identity("a").fingerprint == identity("a").fingerprint != identity("b").fingerprint
    identity.cache_clear()
    assert (
        identity("a").fingerprint
        == SimConference().endpoint("a").endpoint.config.identity.fingerprint
    )


def test_rooms_are_apart() -> None:
    conference = SimConference({"red": ("a", "b"), "blue": ("c", "d")})
    for name, room in (("a", "red"), ("b", "red"), ("c", "blue"), ("d", "blue")):
        assert conference.join(name, room).of(MediaReady)
    conference.talk("a", 5)
    conference.run(1.0)
    heard = {name: len(node.of(MediaReceived)) for name, node in conference.endpoints.items()}
    assert heard == {"a": 0, "b": 5, "c": 0, "d": 0}
    assert conference_id("red") != conference_id("blue")
    assert len(conference.keylog) == 6, "four members and two tunnels, for offline decryption"

# SPDX-License-Identifier: GPL-2.0-only
"""Media of a conference on bad links: what arrives opens, what does not open was lost, and nothing else happens."""

from __future__ import annotations

from collections import Counter

import pytest

from perc_scapy.roles import RelayPolicy
from perc_scapy.roles.events import MediaReceived
from perc_scapy.sim.conference import SimConference, conference_id
from perc_scapy.sim.network import PERFECT, Conditions, Crossing
from perc_scapy.wire import classify

LOSSY = Conditions(delay=0.02, loss=0.10)
NAMES = ("a", "b", "c")


def talking(
    conditions: Conditions, joining: Conditions | None = None, **policy: int
) -> tuple[SimConference, Counter[str]]:
    """Three participants, keys settled, then 200 packets each; counts what was put on the last hop."""
    joining = joining or conditions
    conference = SimConference(NAMES, access=joining, tunnel=joining, seed=11)
    for name in NAMES:
        conference.join(name, within=300.0)
    if policy:
        conference.mdd.mdd.set_change(conference_id("room"), RelayPolicy(**policy))
    conference.run(60.0)
    conference.network.conditions = conditions
    delivered: Counter[str] = Counter()
    for node in conference.endpoints.values():
        node.happened.clear()
        node.endpoint.counters.clear()
    conference.mdd.mdd.counters.clear()

    def tap(crossing: Crossing) -> bytes:
        if crossing.source == "mdd/room" and classify(crossing.data) == "rtp":
            delivered[str(crossing.destination)] += 1
        return crossing.data

    conference.network.taps.append(tap)
    for name in NAMES:
        conference.talk(name, 200)
        conference.run(0.003)
    conference.run(6.0)
    return conference, delivered


@pytest.mark.parametrize("offset", [0, 12345])
def test_nothing_fails_to_open_at_ten_percent_loss(offset: int) -> None:
    conference, put = talking(LOSSY, sequence_offset=offset)
    assert not conference.mdd.mdd.counters, "the MDD opened and sealed all that reached it"
    for node in conference.endpoints.values():
        assert not node.endpoint.counters, "and so did every participant"
        heard = node.of(MediaReceived)
        sent = put[str(node.addresses[0])]
        assert len({(e.ssrc, e.sequence) for e in heard}) == len(heard)
        assert len(heard) == pytest.approx(0.9 * sent, rel=0.08)
        assert sent == pytest.approx(0.9 * 400, rel=0.08)
        for event in heard:
            speaker, number = event.payload.decode().rstrip(".").split()
            assert speaker != node.name
            assert event.payload == f"{speaker} {number} ".encode().ljust(160, b".")
        shifted = {(e.outer_sequence - e.sequence) & 0xFFFF for e in heard}
        assert shifted == {offset}


def test_reordered_and_doubled_media_is_heard_once() -> None:
    conditions = Conditions(delay=0.02, jitter=0.06, duplicate=0.1, loss=0.02)
    conference, _ = talking(conditions)
    assert set(conference.mdd.mdd.counters) <= {"replayed"}
    for node in conference.endpoints.values():
        assert set(node.endpoint.counters) <= {"replayed"}
        heard = [(e.ssrc, e.sequence) for e in node.of(MediaReceived)]
        assert len(heard) == len(set(heard))
        assert len(heard) > 340


@pytest.mark.req("R8871-09")
def test_damaged_media_is_dropped_on_the_hop_where_it_was_damaged() -> None:
    conference, _ = talking(Conditions(delay=0.02, corrupt=0.05), joining=PERFECT)
    at_mdd = conference.mdd.mdd.counters
    assert at_mdd["authentication"] > 10
    expected = {"authentication", "malformed_media", "replayed", "unknown_packet"}
    assert set(at_mdd) <= expected
    for node in conference.endpoints.values():
        for event in node.of(MediaReceived):
            speaker, number = event.payload.decode().rstrip(".").split()
            assert event.payload == f"{speaker} {number} ".encode().ljust(160, b".")
        assert len(node.of(MediaReceived)) > 300

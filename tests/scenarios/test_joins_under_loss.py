# SPDX-License-Identifier: GPL-2.0-only
"""Joins when datagrams are lost, reordered, doubled or damaged, inside the tunnel too. All times are simulated."""

from __future__ import annotations

from functools import partial

import pytest

from perc_scapy.roles import KmfLimits, MddLimits
from perc_scapy.roles.events import (
    AssociationOpened,
    EktKeyDelivered,
    EndpointClosed,
    HopKeysInstalled,
    HopKeysReady,
    HopKeysSent,
    MediaReady,
)
from perc_scapy.roles.mdd.keys import digest_of
from perc_scapy.sim.conference import SimConference
from perc_scapy.sim.network import Conditions
from perc_scapy.sim.nodes import EndpointNode
from perc_scapy.tunnel.carrier import TunnelOpened

PATIENT = 600.0
"""Seconds of half-open and idle timeouts that outlast the longest chain of doubled retransmission pauses."""


def crowd(count: int, loss: float, **trouble: float) -> tuple[SimConference, list[float]]:
    """Members who join 50 ms apart; `loss` is what one direction loses between endpoint and KMF, half of it in the
    tunnel. Returns the conference and how long each needed until it could send media."""
    each = Conditions(delay=0.02, loss=1 - (1 - loss) ** 0.5, **trouble)
    names = [f"p{n}" for n in range(count)]
    conference = SimConference(
        names,
        access=each,
        tunnel=each,
        setup={"rekey_on_join": None},
        kmf_setup={"limits": KmfLimits(half_open_timeout=PATIENT)},
        mdd_setup={"limits": MddLimits(half_open_timeout=PATIENT, idle_timeout=PATIENT)},
    )
    conference.network.run(300.0, stop=lambda: bool(conference.mdd.of(TunnelOpened)))
    began = {}

    def begin(name: str) -> None:
        began[name] = conference.now
        conference.start(name, report_interval=1e6)

    for number, name in enumerate(names):
        conference.network.at(conference.now + 0.05 * number, partial(begin, name))
    ready = partial(everybody, conference, count)
    assert conference.network.run(conference.now + PATIENT, stop=ready)
    return conference, sorted(
        (conference.endpoints[name].when(MediaReady) or 0.0) - began[name] for name in names
    )


def everybody(conference: SimConference, count: int) -> bool:
    nodes = conference.endpoints.values()
    return len(nodes) == count and all(node.when(MediaReady) is not None for node in nodes)


def assert_equal_keys(conference: SimConference) -> None:
    """After each join the MDD, the KMF and the participant have the same hop keys."""
    sent = {
        e.association_id: (e.client_key_id, e.server_key_id) for e in conference.kmf.of(HopKeysSent)
    }
    installed = {
        e.association_id: (e.client_key_id, e.server_key_id)
        for e in conference.mdd.of(HopKeysInstalled)
    }
    paths = {e.path.remote: e.association_id for e in conference.mdd.of(AssociationOpened)}
    for node in conference.endpoints.values():
        (ready,) = node.of(HopKeysReady)
        association = paths[node.addresses[0]]
        expected = (ready.send_key_id, ready.receive_key_id)
        assert installed[association] == sent[association] == expected
    tunnels = {e.association_id: e.tunnel_id for e in conference.kmf.of(HopKeysSent)}
    for view in conference.mdd.mdd.associations():
        kept = conference.kmf.kmf.hop_keys(tunnels[view.association_id], view.association_id)
        assert kept is not None
        assert view.key_digest == digest_of(kept), "profile, both keys and both salts"
    assert not [e for e in conference.mdd.of(HopKeysInstalled) if e.rekey], "repeats are no re-key"
    assert len({key for pair in installed.values() for key in pair}) == 2 * len(installed)


@pytest.mark.req("SLD-TRN-01", "SLD-OBJ-04", "T00-TUN-08", "T00-KMF-11")
def test_two_hundred_joins_at_ten_percent_loss() -> None:
    conference, times = crowd(200, 0.10)
    assert len(times) == 200
    assert times[int(0.95 * len(times))] <= 3.5
    assert_equal_keys(conference)
    repeats = [e for e in conference.kmf.of(HopKeysSent) if e.repeat]
    assert repeats, "some Finished was lost, and its keys came again with it"


@pytest.mark.req("SLD-TRN-01", "T00-KMF-11")
def test_fifty_joins_at_thirty_percent_loss() -> None:
    conference, times = crowd(50, 0.30)
    assert len(times) == 50
    assert_equal_keys(conference)


def test_joins_among_reordered_and_doubled_datagrams() -> None:
    conference, times = crowd(40, 0.05, jitter=0.03, duplicate=0.1, reorder=0.1)
    assert len(times) == 40
    assert_equal_keys(conference)


def test_damage_ends_a_handshake_with_a_reason_and_the_next_one_succeeds() -> None:
    """The first flights are not protected: a bit that UDP's checksum let through breaks the handshake, nothing else."""
    damaged = Conditions(delay=0.02, jitter=0.01, corrupt=0.05)
    names = [f"p{n}" for n in range(30)]
    conference = SimConference(names, access=damaged, tunnel=Conditions(corrupt=0.02), seed=2)
    conference.network.run(300.0, stop=lambda: bool(conference.mdd.of(TunnelOpened)))
    attempts = 0
    for name in names:
        for _ in range(20):
            attempts += 1
            node = conference.start(name, report_interval=1e6)
            over = partial(_over, node)
            assert conference.network.run(conference.now + PATIENT, stop=over), (
                "neither ready nor closed"
            )
            if node.when(MediaReady) is not None:
                break
        assert node.when(MediaReady) is not None
    assert attempts > len(names), "some handshake was broken"


def _over(node: EndpointNode) -> bool:
    return bool(node.of(MediaReady) or node.of(EndpointClosed))


@pytest.mark.req("SLD-TRN-02", "T00-TUN-08", "SLD-OBJ-04")
def test_the_tunnel_itself_repeats_nothing() -> None:
    """Each record is one datagram once; what is lost comes again only when the inner DTLS says it again."""
    conference = SimConference(("a",), tunnel=Conditions(loss=0.2), log=True, seed=4)
    conference.join("a", within=120.0)
    assert conference.endpoints["a"].of(MediaReady)
    log = conference.network.log or []
    sealed = [c.data for c in log if "kmf" in (c.source, c.destination) and c.data[0] == 23]
    assert len(sealed) == len(set(sealed)) == len(conference.mdd.records + conference.kmf.records)


def test_every_member_is_known_to_hold_the_key_in_the_end() -> None:
    conference, _ = crowd(20, 0.10)
    conference.run(60.0)
    delivered = {e.association_id for e in conference.kmf.of(EktKeyDelivered)}
    assert len(delivered) == 20

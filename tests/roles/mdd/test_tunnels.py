# SPDX-License-Identifier: GPL-2.0-only
"""Which tunnel an association gets."""

from __future__ import annotations

import pytest

from perc_scapy.roles import MddConference
from perc_scapy.roles.mdd.tunnels import TunnelPool

SPREAD = MddConference(b"s" * 16, tunnels=("t1", "t2", "t3"))
OWN = MddConference(b"o" * 16)


@pytest.mark.req("T00-TUN-04")
def test_associations_spread_over_the_open_tunnels() -> None:
    pool = TunnelPool((SPREAD, OWN))
    assert pool.choose(SPREAD) is None
    for name in ("t1", "t3"):
        pool.opened(name, 0.0)
    for _ in range(4):
        pool.count(pool.choose(SPREAD), +1)
    assert {pool.choose(SPREAD), *(pool._load.values())} == {"t1", 2}
    pool.closed("t1")
    assert pool.choose(SPREAD) == "t3"
    pool.count("t1", -1)
    assert not pool.is_open("t1"), "a count for a closed tunnel opens nothing"


@pytest.mark.req("T00-TUN-05")
def test_a_tunnel_is_asked_for_once_until_it_has_stood() -> None:
    pool = TunnelPool((SPREAD, OWN))
    assert pool.ask(SPREAD) == "t1"
    assert pool.ask(SPREAD) is None
    assert pool.ask(OWN) == OWN.id
    pool.opened("t1", 0.0)
    pool.closed("t1")
    assert pool.ask(SPREAD) == "t1"


@pytest.mark.req("SLD-ASM-01")
def test_the_far_end_must_be_the_configured_kmf_of_every_conference() -> None:
    kmf, other = ("sha-256:" + digit * 64 for digit in "ab")
    shared = [
        MddConference(b"1" * 16, tunnels=("t",), kmf_fingerprint=kmf),
        MddConference(b"2" * 16, tunnels=("t",)),
    ]
    pool = TunnelPool(shared)
    assert pool.trusts("t", kmf)
    assert not pool.trusts("t", other)
    assert TunnelPool([shared[1]]).trusts("t", other), "without a fingerprint the dialer decides"
    strife = MddConference(b"3" * 16, tunnels=("t",), kmf_fingerprint=other)
    assert not TunnelPool([*shared, strife]).trusts("t", kmf)
    assert not pool.knows("u")


def test_when_a_tunnel_was_last_heard() -> None:
    pool = TunnelPool((OWN,))
    pool.opened(OWN.id, 5.0)
    assert pool.heard_since(OWN.id, 5.0)
    assert not pool.heard_since(OWN.id, 6.0)
    pool.heard(OWN.id, 7.0)
    assert pool.heard_since(OWN.id, 6.0)


def test_whether_a_tunnel_serves_anybody() -> None:
    pool = TunnelPool((OWN,))
    pool.count_answered(OWN.id, +1)
    assert pool.serves_nobody(OWN.id), "it is not open"
    pool.opened(OWN.id, 0.0)
    pool.count_answered(OWN.id, +1)
    assert not pool.serves_nobody(OWN.id)
    pool.count_answered(OWN.id, -1)
    assert pool.serves_nobody(OWN.id)

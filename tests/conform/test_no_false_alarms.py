# SPDX-License-Identifier: GPL-2.0-only
"""Correct conferences of all kinds, in good and bad networks, seen from several places: no violation is found."""

from __future__ import annotations

import random

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.conform import judge
from perc_scapy.conform.subject import Subject
from perc_scapy.pcap.packets import Datagram
from perc_scapy.roles.mdd.config import RelayPolicy
from perc_scapy.sim.conference import conference_id
from tests.capture.handmade import k
from tests.capture.test_simulated import BAD, START, WORST, Tapped, address, three_flows
from tests.conform.stage import conference
from tests.conform.tls_stage import TlsStage

STRONG = {
    "profile": ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM,
    "ekt_cipher": EktCipher.AESKW_256,
}


def faults(analysis: Analysis) -> list[tuple[str, int | None, str]]:
    """What is called a violation, and what broke down."""
    report = judge(analysis)
    broken = [(e.id, None, e.error) for e in report.errors]
    return [(r.id, r.packet, r.seen) for r in report.failures] + broken


def keylog(tapped: Tapped) -> KeyLog:
    found = KeyLog()
    found.add_text("\n".join(tapped.conference.keylog).encode())
    return found


def talk(tapped: Tapped, packets: int = 30) -> None:
    for name in tapped.conference.endpoints:
        tapped.conference.talk(name, packets)
    tapped.conference.run(packets * 0.02 + 1.0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("setup", [{}, STRONG], ids=["128", "256"])
def test_losses_delays_repeats_and_disorder_on_every_link(seed: int, setup: dict) -> None:
    tapped = three_flows(seed=seed, access=BAD, tunnel=BAD, setup=setup)
    assert faults(tapped.analysis()) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_recording_of_all_that_was_sent_wherever_it_was_lost(seed: int) -> None:
    """Between the links, where packets are seen that never arrive."""
    tapped = three_flows(seed=seed, access=BAD, tunnel=BAD)
    log = tapped.conference.network.log or []
    trace = [
        Datagram(n, START + c.time, address(c.source), address(c.destination), bytes(c.data))
        for n, c in enumerate(log, 1)
    ]
    assert faults(Analysis(trace, keylog(tapped))) == []


@pytest.mark.parametrize("side", ["kmf", "a/1", "b/2"])
@pytest.mark.parametrize("seed", range(2))
def test_a_recording_of_one_link_only(side: str, seed: int) -> None:
    tapped = three_flows(seed=seed, access=BAD, tunnel=BAD)
    place = address(side)
    trace = [d for d in tapped.trace if place in (d.src, d.dst)]
    assert trace
    assert faults(Analysis(trace, keylog(tapped))) == []


@pytest.mark.parametrize("seed", [1, 19, 35, 38, 39, 46])
def test_a_recording_that_lacks_packets(seed: int) -> None:
    """One in ten is missing in the file."""
    tapped, dice = three_flows(seed=seed), random.Random(seed)
    kept = [d for d in tapped.trace if dice.random() > 0.1]
    assert faults(Analysis(kept, keylog(tapped))) == []


@pytest.mark.parametrize("start", [5, 60, 300])
def test_a_recording_that_begins_late(start: int) -> None:
    tapped = three_flows()
    assert faults(Analysis(tapped.trace[start:], keylog(tapped))) == []


def test_with_the_secrets_of_the_tunnel_alone() -> None:
    tapped = three_flows()
    everything = keylog(tapped)
    analysis = Analysis(tapped.trace, everything)
    own = analysis.tunnels[0].session.client_random.hex().encode()
    line = next(line for line in everything.to_text().splitlines() if own in line)
    half = KeyLog()
    half.add_text(line)
    report = judge(Analysis(tapped.trace, half))
    assert [(r.id, r.seen) for r in report.failures] == []
    assert report.result("DBL-06").result == "pass"
    assert report.result("EKT-21").result == "pass"
    assert report.result("EKT-04").result == "not exercised"
    assert "EKT keys" in report.result("EKT-04").seen


@pytest.mark.parametrize("count", [2, 3, 5])
def test_any_number_of_members(count: int) -> None:
    names = "abcde"[:count]
    tapped = Tapped(members=names)
    for name in names:
        tapped.conference.join(name)
        tapped.conference.run(1.0)
    talk(tapped)
    assert faults(tapped.analysis()) == []


@pytest.mark.parametrize("seed", range(2))
def test_members_that_leave_and_come_back(seed: int) -> None:
    tapped = three_flows(seed=seed)
    conference = tapped.conference
    node = conference.endpoints["b"]
    node.endpoint.leave(conference.now)
    conference.network.touch(node)
    conference.run(5.0)
    talk(tapped)
    conference.join("b")
    conference.run(5.0)
    talk(tapped)
    assert faults(tapped.analysis()) == []


def test_an_mdd_that_rewrites_and_says_so() -> None:
    tapped = Tapped()
    policy = RelayPolicy(payload_types={0: 96}, sequence_offset=1000, marker=True)
    tapped.conference.mdd.mdd.set_change(conference_id("room"), policy)
    for name in "abc":
        tapped.conference.join(name)
        tapped.conference.run(1.0)
    talk(tapped)
    analysis = tapped.analysis()
    assert faults(analysis) == []
    assert judge(analysis, ids=["DBL-06"]).result("DBL-06").examined > 50


def test_rekeying_by_hand_and_reports() -> None:
    tapped = three_flows()
    conference = tapped.conference
    conference.endpoints["a"].endpoint.rekey(conference.now)
    talk(tapped, 60)
    conference.run(12.0)  # RTCP
    talk(tapped)
    assert faults(tapped.analysis()) == []


def test_hop_by_hop_only() -> None:
    profile = ProtectionProfile.SRTP_AEAD_AES_128_GCM
    setup = {"hbh_only": True, "profile": profile}
    tapped = Tapped(members="ab", setup=setup, mdd_setup={"profiles": (profile,)})
    for name in "ab":
        tapped.conference.join(name)
        tapped.conference.run(1.0)
    talk(tapped)
    assert faults(tapped.analysis()) == []


def test_two_conferences_and_two_tunnels() -> None:
    tapped = Tapped(members={"red": "ab", "blue": "cd"})
    for name, room in (("a", "red"), ("c", "blue"), ("b", "red"), ("d", "blue")):
        tapped.conference.join(name, room)
        tapped.conference.run(1.0)
    talk(tapped)
    assert faults(tapped.analysis()) == []


@pytest.mark.parametrize("seed", range(2))
def test_corruption_breaks_no_rule_down(seed: int) -> None:
    tapped = three_flows(seed=seed, access=WORST, tunnel=WORST)
    assert judge(tapped.analysis()).errors == ()


@pytest.mark.parametrize("name", "AB")
def test_answers_to_messages_that_the_recording_lacks(name: str) -> None:
    """Nothing that the MDD sent into the tunnel for one endpoint is in the file, all else is."""
    stage = conference("AB", 2)
    own = stage.people[name].association_id
    (tunnel,) = Subject(stage.analysis()).tunnels
    lost = {m.packet for m in tunnel.of(own) if m.from_mdd}
    assert len(lost) >= 3
    kept = [d for d in stage.trace if d.number not in lost]
    ids = ["T00-KMF-04", "T00-KMF-05", "T00-MDD-12", "SLD-TRN-05"]
    assert judge(Analysis(kept, stage.keylog()), ids=ids).failures == ()


def test_a_conference_whose_policy_is_to_keep_its_key() -> None:
    """When to renew EKT keys is nobody's rule (RFC 8871 section 4.5.2); only the flow of a new user asks for it."""
    stage = conference("AB", 10, TlsStage())
    stage.join("C", k(1))
    stage.talk("ABC", 10)
    failures = judge(stage.analysis()).failures
    assert [(r.id, r.level) for r in failures] == [("R8871-24", "MAY")]

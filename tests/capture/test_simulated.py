# SPDX-License-Identifier: GPL-2.0-only
"""Captures of the MDD in a bad network: loss, delay, repeats and disorder on every link, the tunnel included."""

from __future__ import annotations

import zlib

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks import run_checks
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.participants import find_participants
from perc_scapy.capture.story import Storyteller
from perc_scapy.codes import ProtectionProfile
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.roles.endpoint.events import MediaReceived
from perc_scapy.sim.conference import SimConference
from perc_scapy.sim.network import Conditions

BAD = Conditions(loss=0.1, jitter=0.03, duplicate=0.05, reorder=0.05)
WORST = Conditions(loss=0.1, jitter=0.03, duplicate=0.05, reorder=0.05, corrupt=0.05)
START = 1_700_000_000.0


class Tapped:
    """A conference whose MDD records what passes its sockets."""

    def __init__(self, **options: object) -> None:
        self.conference = SimConference(log=True, **options)
        self.trace: list[Datagram] = []
        mdd = self.conference.mdd
        receive = mdd.receive

        def receive_and_record(data: bytes, source, at, now: float) -> None:
            self._seen(now, source, at, data)
            receive(data, source, at, now)

        mdd.receive = receive_and_record
        self.conference.network.taps.append(self._leaves)

    def _leaves(self, crossing):
        if str(crossing.source).startswith("mdd"):
            self._seen(crossing.time, crossing.source, crossing.destination, crossing.data)
        return crossing.data

    def _seen(self, now: float, src, dst, data: bytes) -> None:
        number = len(self.trace) + 1
        self.trace.append(Datagram(number, START + now, address(src), address(dst), bytes(data)))

    def analysis(self) -> Analysis:
        keylog = KeyLog()
        keylog.add_text("\n".join(self.conference.keylog).encode())
        return Analysis(self.trace, keylog)


def address(name: object) -> Address:
    return Address(str(name), zlib.crc32(str(name).encode()) & 0xFFFF)


def three_flows(**options: object) -> Tapped:
    """The three flows with a second of speech after each join."""
    tapped = Tapped(**options)
    conference = tapped.conference
    for name in "abc":
        conference.join(name)
        conference.run(20.0)  # an acknowledgement may be lost three times
        for speaker in conference.endpoints:
            conference.talk(speaker, 50)
        conference.run(3.0)
    return tapped


@pytest.mark.req("NUJ-14", "NUJ-15", "NUJ-16", "SS2-16", "T00-MDD-09")
@pytest.mark.parametrize(
    "profile", [ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM,
                ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM],
)  # fmt: skip
def test_a_perfect_network_gives_a_perfect_story(profile: int) -> None:
    setup = {"profile": profile, "ekt_cipher": 2 if profile == 10 else 1}
    tapped = three_flows(setup=setup)
    analysis = tapped.analysis()
    people = find_participants(analysis)
    story = Storyteller(analysis, people).story(3)
    story.checks = run_checks(analysis, people, story)
    assert [s.id for s in story.steps() if not s.seen] == []
    assert [(c.name, c.detail) for c in story.checks if not c.ok] == []


@pytest.mark.req("T00-TUN-08", "SLD-OBJ-04")
@pytest.mark.parametrize("seed", range(6))
def test_a_bad_network_is_read_all_the_same(seed: int) -> None:
    """What the endpoints heard, the capture's analysis heard as well, from the MDD's side."""
    tapped = three_flows(seed=seed, access=BAD, tunnel=BAD)
    analysis = tapped.analysis()
    assert len(analysis.tunnels) == 1
    people = find_participants(analysis)
    assert [len(person.ekt_keys()) >= 1 for person in people] == [True] * 3
    for association in analysis.associations:
        assert association.exported() is not None
    story = Storyteller(analysis, people).story(3)
    assert [s.id for s in story.steps() if not s.seen] == []
    heard = {
        (node.name, e.ssrc, e.timestamp)
        for node in tapped.conference.endpoints.values()
        for e in node.of(MediaReceived)
    }
    names = dict(zip((id(p.associations[0]) for p in people), "abc", strict=True))
    opened = {
        (names[id(m.association)], m.ssrc, int.from_bytes(m.rtp[4:8], "big"))
        for m in analysis.media
        if m.rtp is not None and not m.from_endpoint
    }
    assert len(heard) > 250
    assert heard <= opened


@pytest.mark.parametrize("seed", range(6))
def test_what_must_hold_holds_in_a_bad_network(seed: int) -> None:
    """Only the order of arrival may differ from the order of the flows."""
    tapped = three_flows(seed=seed, access=BAD, tunnel=BAD)
    analysis = tapped.analysis()
    people = find_participants(analysis)
    story = Storyteller(analysis, people).story(3)
    faults = {c.name: c.detail for c in run_checks(analysis, people, story) if not c.ok}
    assert faults.keys() <= {"steps are in order"}, faults


@pytest.mark.parametrize("seed", range(4))
def test_damage_on_the_way_never_raises_and_never_opens_what_it_should_not(seed: int) -> None:
    tapped = three_flows(seed=seed, access=WORST, tunnel=WORST)
    analysis = tapped.analysis()
    people = find_participants(analysis)
    story = Storyteller(analysis, people).story(3)
    checks = {check.name: check for check in run_checks(analysis, people, story)}
    assert checks["no end-to-end secret at the MDD"].ok
    assert checks["every hop has its own key"].ok
    assert story.to_json()["schema"] == 1

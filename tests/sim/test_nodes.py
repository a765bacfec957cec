# SPDX-License-Identifier: GPL-2.0-only
"""Roles as nodes: carrier events reach the role, records reach the carrier, and an untrue MDD can be played."""

from __future__ import annotations

from perc_scapy.roles.events import AssociationOpened, MediaReady
from perc_scapy.sim.conference import SimConference
from perc_scapy.sim.nodes import Record
from perc_scapy.tunnel.carrier import TunnelClosed, TunnelOpened


def test_both_ends_report_the_tunnel() -> None:
    conference = SimConference(("a",))
    conference.run(1.0)
    assert len(conference.kmf.of(TunnelOpened)) == len(conference.mdd.of(TunnelOpened)) == 1


def test_a_filter_sees_every_record_and_may_drop_it() -> None:
    conference = SimConference(("a",))
    seen: list[Record] = []

    def swallow(record: Record) -> bytes | None:
        seen.append(record)
        return None

    conference.mdd.filters.append(swallow)
    conference.run(1.0)
    node = conference.start("a")
    conference.run(4.0)
    assert len(seen) == 3, "ClientHello at 0, 1 and 3 seconds"
    assert {record.sender for record in seen} == {"mdd"}
    assert conference.mdd.records == []
    assert len(conference.mdd.of(AssociationOpened)) == 1
    conference.mdd.filters.clear()
    conference.run(10.0)
    assert node.of(MediaReady)
    assert [record.sender for record in conference.kmf.records[:1]] == ["kmf"]


def test_a_tunnel_that_the_kmf_ends_is_dialled_again() -> None:
    conference = SimConference(("a",))
    conference.join("a")
    (opened,) = conference.kmf.of(TunnelOpened)
    conference.kmf.listener.close_tunnel(opened.tunnel_id, conference.now)
    conference.network.touch(conference.kmf)
    conference.run(5.0)
    assert len(conference.mdd.of(TunnelClosed)) == 1
    assert len(conference.mdd.of(TunnelOpened)) == 2

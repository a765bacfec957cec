# SPDX-License-Identifier: GPL-2.0-only
"""A tunnel as judges see it: who is who, and what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform.subject import Subject
from perc_scapy.conform.subject.tunnel_view import TunnelView
from tests.capture.handmade import MDD_TUNNEL
from tests.conform.planted.tunnel import kmf_dials
from tests.conform.stage import Stage, conference
from tests.conform.tls_stage import TlsStage


@pytest.fixture(scope="module")
def stage() -> Stage:
    return conference("AB", 2)


def view(analysis: Analysis) -> TunnelView:
    (found,) = Subject(analysis).tunnels
    return found


def test_messages_of_both_sides_by_association(stage: Stage) -> None:
    tunnel = view(stage.analysis())
    assert tunnel.mdd_is_client
    assert [m.from_mdd for m in tunnel.messages[:2]] == [True, False]
    ids = {stage.people[name].association_id for name in "AB"}
    assert set(tunnel.by_association) == ids
    assert sum(len(tunnel.of(id_)) for id_ in ids) == len(tunnel.messages)
    assert tunnel.of(bytes(16)) == []


def test_roles_are_told_by_what_is_sent() -> None:
    tunnel = view(kmf_dials())
    assert not tunnel.mdd_is_client
    assert tunnel.messages[0].from_mdd


def test_messages_of_a_tls_tunnel() -> None:
    tunnel = view(conference("A", 0, TlsStage()).analysis())
    assert tunnel.version == "rfc9185"
    assert tunnel.messages[0].profiles == (9,)
    assert all(m.fault is None for m in tunnel.messages)
    assert tunnel.complete(from_mdd=True, until=1 << 30)


def test_a_record_that_is_missing_is_noticed(stage: Stage) -> None:
    records = [d for d in stage.trace if d.src == MDD_TUNNEL and d.data[3:5] == b"\0\1"]
    before, lost, later = records[2:5]
    kept = [d for d in stage.trace if d is not lost]
    tunnel = view(Analysis(kept, stage.keylog()))
    assert tunnel.complete(from_mdd=True, until=before.number)
    assert not tunnel.complete(from_mdd=True, until=lost.number)
    assert not tunnel.complete(from_mdd=True, until=later.number)
    assert tunnel.settled(before.number - 1)
    assert not tunnel.settled(before.number)
    assert tunnel.complete(from_mdd=False, until=1 << 30)


def test_disorder_is_no_loss(stage: Stage) -> None:
    trace = list(stage.trace)
    places = [n for n, d in enumerate(trace) if d.src == MDD_TUNNEL and d.data[3:5] == b"\0\1"]
    a, b = places[3], places[4]
    trace[a], trace[b] = (
        replace(trace[a], data=trace[b].data),
        replace(trace[b], data=trace[a].data),
    )
    assert view(Analysis(trace, stage.keylog())).complete(from_mdd=True, until=1 << 30)


def test_nothing_is_settled_behind_the_last_record(stage: Stage) -> None:
    records = [d for d in stage.trace if d.src == MDD_TUNNEL and d.data[3:5] == b"\0\1"]
    tunnel = view(stage.analysis())
    assert tunnel.settled(records[-1].number - 1)
    assert not tunnel.settled(records[-1].number)


def test_a_first_record_that_is_missing_is_noticed(stage: Stage) -> None:
    records = [d for d in stage.trace if d.src == MDD_TUNNEL and d.data[3:5] == b"\0\1"]
    kept = [d for d in stage.trace if d is not records[0]]
    tunnel = view(Analysis(kept, stage.keylog()))
    assert not tunnel.complete(from_mdd=True, until=records[1].number)

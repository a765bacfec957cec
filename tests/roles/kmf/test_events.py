# SPDX-License-Identifier: GPL-2.0-only
"""The KMF's vocabulary is complete: every counter is explained, no event has a field for key octets."""

from __future__ import annotations

import dataclasses

import pytest

from perc_scapy.roles.kmf import events as kmf_events
from perc_scapy.roles.kmf.events import KMF_COUNTERS, Refusal


def test_every_counter_has_a_sentence() -> None:
    assert set(KMF_COUNTERS) == set(Refusal)
    assert len(set(KMF_COUNTERS.values())) == len(KMF_COUNTERS)


def test_counters_can_be_read_by_plain_text() -> None:
    assert {Refusal.MALFORMED: 1}["malformed"] == 1


@pytest.mark.req("R8871-04")
def test_octets_in_events_are_identifiers_only() -> None:
    events = [e for e in vars(kmf_events).values() if dataclasses.is_dataclass(e)]
    octets = {f.name for e in events for f in dataclasses.fields(e) if "bytes" in str(f.type)}
    assert octets == {"conference_id", "association_id"}
    assert len(events) >= 10

# SPDX-License-Identifier: GPL-2.0-only
"""The endpoint's vocabulary is complete: every counter is explained, only media carry octets."""

from __future__ import annotations

import dataclasses

from perc_scapy.roles.endpoint import events as endpoint_events
from perc_scapy.roles.endpoint.events import ENDPOINT_COUNTERS, Drop


def test_every_counter_has_a_sentence() -> None:
    assert set(ENDPOINT_COUNTERS) == set(Drop)
    assert len(set(ENDPOINT_COUNTERS.values())) == len(ENDPOINT_COUNTERS)


def test_the_only_octets_in_events_are_the_opened_payload() -> None:
    events = [e for e in vars(endpoint_events).values() if dataclasses.is_dataclass(e)]
    octets = [f.name for e in events for f in dataclasses.fields(e) if "bytes" in str(f.type)]
    assert octets == ["payload"]

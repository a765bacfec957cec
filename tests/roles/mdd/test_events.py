# SPDX-License-Identifier: GPL-2.0-only
"""Every counter is explained, and the shared names of events are whole."""

from __future__ import annotations

from perc_scapy.roles import events, policy
from perc_scapy.roles.mdd import events as mdd_events
from perc_scapy.tunnel.messages import RefusedMessage


def test_every_counter_says_what_it_counts() -> None:
    assert set(mdd_events.MDD_COUNTERS) == set(mdd_events.MddDrop)
    assert all(mdd_events.MDD_COUNTERS.values())


def test_every_reason_of_a_refused_message_is_a_counter() -> None:
    text = RefusedMessage.__doc__ or ""
    reasons = {word.strip("`,. \n") for word in text.split("Reasons:")[1].split()}
    assert reasons <= set(mdd_events.MDD_COUNTERS)


def test_an_event_class_of_the_mdd_is_found_under_events() -> None:
    for cls in mdd_events.MddEvent.__args__:
        assert getattr(events, cls.__name__) is cls
    assert policy.MddConfig is not None

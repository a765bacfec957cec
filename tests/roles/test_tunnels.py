# SPDX-License-Identifier: GPL-2.0-only
"""KMF and MDD report their tunnels with the same events."""

from __future__ import annotations

from perc_scapy.roles import events
from perc_scapy.roles.kmf import events as kmf_events
from perc_scapy.roles.mdd import events as mdd_events
from perc_scapy.roles.tunnels import CloseTunnel, TunnelLost


def test_both_roles_and_the_public_list_mean_the_same_classes() -> None:
    for event in (CloseTunnel, TunnelLost):
        for module in (events, kmf_events, mdd_events):
            assert getattr(module, event.__name__) is event

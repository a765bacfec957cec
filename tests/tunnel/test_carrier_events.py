# SPDX-License-Identifier: GPL-2.0-only
"""Names of tunnels are values that tell tunnels of one address apart."""

from __future__ import annotations

from perc_scapy.tunnel.carrier import TunnelId, TunnelOpened


def test_a_name_is_a_value() -> None:
    first, again = TunnelId(("192.0.2.1", 5000), 1), TunnelId(("192.0.2.1", 5000), 2)
    assert first == TunnelId(("192.0.2.1", 5000), 1)
    assert len({first, again, TunnelId(("192.0.2.1", 5000), 2)}) == 2
    assert TunnelOpened(first, "sha-256:aa") != TunnelOpened(again, "sha-256:aa")

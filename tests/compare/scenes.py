# SPDX-License-Identifier: GPL-2.0-only
"""Recorded conferences, and the same with something changed."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.pcap.packets import Address, Datagram
from tests.explain.forge import keylog, recorded


def without(name: str, *numbers: int) -> Analysis:
    packets, text = recorded(name)
    return Analysis([p for p in packets if p.number not in numbers], keylog(text))


def elsewhere(name: str) -> Analysis:
    """The same conversation at other addresses and another time."""
    packets, text = recorded(name)

    def moved(a: Address) -> Address:
        return Address("203.0.113.7", a.port + (1000 if a.host.startswith("192") else 0))

    changed = [
        Datagram(p.number + 5, p.time + 3600, moved(p.src), moved(p.dst), p.data) for p in packets
    ]
    return Analysis(changed, keylog(text))

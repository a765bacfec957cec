# SPDX-License-Identifier: GPL-2.0-only
"""Statements about the tunnel and what it carries."""

from __future__ import annotations

from collections import defaultdict

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks.rule import check
from perc_scapy.capture.participants import Participant, certificate_of
from perc_scapy.capture.steps import Check
from perc_scapy.pcap.packets import Address


def tunnel_is_authenticated(analysis: Analysis, people: list[Participant]) -> Check:
    """Both sides of every tunnel show a certificate (T00-TUN-02)."""
    bad = [
        f"tunnel {n}: the {'MDD' if side else 'KMF'} shows no certificate"
        for n, tunnel in enumerate(analysis.tunnels, 1)
        for side in (True, False)
        if tunnel.transport != "exported"  # nobody saw its handshake
        if certificate_of([tunnel.session], from_client=side) is None
    ]
    bad = bad or ([] if analysis.tunnels else ["no tunnel"])
    return check("tunnel authenticated both ways", bad, f"{len(analysis.tunnels)} tunnel")


def tunnel_carries_messages(analysis: Analysis, people: list[Participant]) -> Check:
    """Application data of a tunnel are tunnel messages that have an effect, and nothing else (T00-TUN-07)."""
    seen = [message for tunnel in analysis.tunnels for message in tunnel.messages]
    bad = [f"packet {m.packet}: {m.fault}" for m in seen if m.message is None]
    return check("tunnel carries tunnel messages only", bad, f"{len(seen)} messages")


def dtls_is_relayed_unchanged(analysis: Analysis, people: list[Participant]) -> Check:
    """What the MDD put into the tunnel came from the endpoint, and the other way round (T00-MDD-07)."""
    passed: dict[Address, set[bytes]] = defaultdict(set)
    for d in analysis.datagrams:
        passed[d.src].add(d.data)
        passed[d.dst].add(d.data)
    bad, count = [], 0
    for a in analysis.associations:
        for seen in a.carrier.messages if a.carrier and a.direct else ():
            if seen.message is not None and not seen.message.dtls:
                continue  # RFC 9185: about keys, or the end
            count += 1
            if seen.message and a.endpoint and seen.message.dtls not in passed[a.endpoint]:
                bad.append(f"packet {seen.packet}: not what the endpoint's link carries")
    return check("DTLS relayed unchanged", bad, f"{count} datagrams equal on both links")

# SPDX-License-Identifier: GPL-2.0-only
"""The table `associations`: one row for each DTLS association of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.participants import certificate_of
from perc_scapy.pcap.fast import NO_TIME, clipped
from perc_scapy.view.whereabouts import Whereabouts


def association_rows(
    capture: str, analysis: Analysis, places: Whereabouts
) -> Iterator[dict[str, Any]]:
    """In the order in which they began."""
    for association in analysis.associations:
        name = places.letter(association) or None
        yield {"capture": capture, "association": name} | _row(association)


def _row(a: Association) -> dict[str, Any]:
    first = min((seen for s in a.sessions for seen in s.records), key=lambda seen: seen.packet)
    start = clipped(round(first.time * 1_000_000_000))
    hello = next((h for s in a.sessions if (h := s.server_hello) is not None), None)
    return {
        "client_random": a.client_random.hex(),
        "endpoint": None if a.endpoint is None else str(a.endpoint),
        "mdd": None if a.mdd is None else str(a.mdd),
        "first_packet": first.packet,
        "start": None if start == NO_TIME else start,
        "tunneled": a.carrier is not None,
        "tunnel_version": None if a.tunnel is None else a.tunnel.version,
        "association_id": None if a.carrier is None else a.carrier.association_id.hex(),
        "conference_id": None if a.conference_id is None else a.conference_id.hex(),
        "cipher_suite": None if hello is None else int(hello.cipher_suite),
        "srtp_profile": a.srtp_profile,
        "ekt_cipher": a.ekt_cipher,
        "certificate": certificate_of(a.sessions, from_client=True),
        "key_messages": sum(1 for _ in a.key_messages()),
        "opened": any(s.has_secret for s in a.sessions),
        "hop_keys": a.hop_keys() is not None,
        "spis": [received.parameters.spi for received in a.ekt_keys()],
    }

# SPDX-License-Identifier: GPL-2.0-only
"""What was negotiated in every tunnel and association, how long it took, and how it ended."""

from __future__ import annotations

from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.handshake_steps import finished
from perc_scapy.capture.repeats import RETRANSMISSION, repeats
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.codes import AlertDescription, AlertLevel, ContentType, EktCipher, ProtectionProfile
from perc_scapy.view.codes import name_of
from perc_scapy.view.whereabouts import Whereabouts


def tunnel_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """One object for each tunnel, in capture order."""
    ends = {id(s): (client, server) for s, client, server in analysis.dtls_sessions()}
    ends |= {id(s): (client, server) for s, client, server in analysis.tls_sessions()}
    return [
        {
            "version": tunnel.version,
            "transport": tunnel.transport,
            "mdd": _end(ends, tunnel.session, 0),
            "kmf": _end(ends, tunnel.session, 1),
            "messages": len(tunnel.messages),
            "faults": sum(seen.message is None for seen in tunnel.messages),
            "associations": len(tunnel.associations),
            **_handshake(tunnel.session),
        }
        for tunnel in analysis.tunnels
    ]


def _end(ends: dict[int, tuple[Any, Any]], session: object, side: int) -> str:
    known = ends.get(id(session))
    return "" if known is None else str(known[side])


def association_rows(analysis: Analysis, places: Whereabouts) -> list[dict[str, Any]]:
    """One object for each endpoint association, in capture order."""
    return [_association(association, places) for association in analysis.associations]


def _association(association: Association, places: Whereabouts) -> dict[str, Any]:
    session, carrier = association.sessions[0], association.carrier
    hop = association.hop_keys()
    return {
        "association": places.letter(association),
        "endpoint": str(association.endpoint or ""),
        "mdd": str(association.mdd or ""),
        "association_id": _hex(carrier.association_id if carrier else None),
        "conference_id": _hex(association.conference_id),
        "profile": name_of(ProtectionProfile, association.srtp_profile),
        "ekt_cipher": name_of(EktCipher, association.ekt_cipher),
        **_handshake(session),
        "hop_keys": None if hop is None else [hop.client.key.id, hop.server.key.id],
        "ekt_keys": [
            {"spi": k.parameters.spi, "key_id": k.parameters.key.id, "ttl": k.parameters.ttl,
             "packet": k.packet}
            for k in association.ekt_keys()
        ],
    }  # fmt: skip


def _hex(octets: bytes | None) -> str | None:
    return octets.hex() if octets else None


def _handshake(session: Any) -> dict[str, Any]:
    records = session.records
    end = _established(session)
    return {
        "dtls": session.version,
        "cipher_suite": session.suite,
        "first_packet": records[0].packet if records else None,
        "last_packet": records[-1].packet if records else None,
        "handshake_seconds": None if end is None else round(end - records[0].time, 6),
        "retransmissions": sum(r.what == RETRANSMISSION for r in repeats(session)),
        "result": result_of(session, established=end is not None),
    }


def _established(session: Any) -> float | None:
    """When both Finished were seen."""
    packets = [finished(session, from_client=side) for side in (True, False)]
    if None in packets:
        return None
    times: dict[int, float] = {seen.packet: seen.time for seen in session.records}
    return max(times[packet] for packet in packets if packet is not None)


def result_of(session: SecuredSession, *, established: bool) -> str:
    """`established`, `closed`, `alert …`, or `incomplete`."""
    fatal = ""
    for seen in session.records:
        content = seen.content or b""
        if seen.record.type == ContentType.ALERT and len(content) == 2:
            if content[1] == AlertDescription.CLOSE_NOTIFY:
                return "closed" if established else "closed before it was established"
            if content[0] == AlertLevel.FATAL:
                fatal = fatal or f"alert {name_of(AlertDescription, content[1])}"
    return fatal or ("established" if established else "incomplete")

# SPDX-License-Identifier: GPL-2.0-only
"""What an expectation holds of handshakes: messages in order, what was agreed, alerts, EKT keys; and of tunnels."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.tunnels import SeenMessage, Tunnel, TunneledAssociation
from perc_scapy.codes import (
    AlertDescription,
    AlertLevel,
    CipherSuite,
    ContentType,
    EktCipher,
    HandshakeType,
    ProtectionProfile,
)
from perc_scapy.golden.naming import Names


def name_of(numbers: type[IntEnum], value: int | None) -> str | None:
    """The field's name for a number, the number itself where it has none."""
    if value is None:
        return None
    try:
        return numbers(value).name
    except ValueError:
        return f"{value:#06x}"


def association(found: Association, names: Names) -> dict[str, Any]:
    """One endpoint's association."""
    session = next(iter(found.sessions), None)
    return {
        "name": names.association(found),
        "endpoint": None if found.endpoint is None else str(found.endpoint),
        "server": None if found.mdd is None else str(found.mdd),
        "client_random": found.client_random.hex(),
        "seen": [s for s in ("direct", "tunneled") if getattr(found, s) is not None],
        **agreed(session),
        "ekt_cipher": name_of(EktCipher, found.ekt_cipher),
        "messages": [] if session is None else messages(session),
        "alerts": [] if session is None else alerts(session),
        "ekt_keys": [_ekt_key(found, key, names) for key in found.ekt_keys()],
    }


def agreed(session: DtlsSession | None) -> dict[str, Any]:
    """Suite, profile, and whether keys opened it."""
    hello = None if session is None else session.server_hello
    return {
        "cipher_suite": None if hello is None else name_of(CipherSuite, hello.cipher_suite),
        "srtp_profile": None
        if session is None
        else name_of(ProtectionProfile, session.srtp_profile),
        "has_secret": session is not None and session.has_secret,
    }


def messages(session: DtlsSession) -> list[dict[str, Any]]:
    """Handshake messages in capture order, each once: `>` from the client, `<` from the server."""
    return [
        {
            "message": f"{_arrow(m.from_client)} {name_of(HandshakeType, m.type)}",
            "packet": m.packet,
        }
        for m in session.messages
    ]


def alerts(session: DtlsSession) -> list[dict[str, Any]]:
    """Alerts that are readable, in capture order."""
    found = []
    for seen in session.records:
        content = seen.content
        if seen.record.type == ContentType.ALERT and content is not None and len(content) == 2:
            level, what = name_of(AlertLevel, content[0]), name_of(AlertDescription, content[1])
            text = f"{_arrow(seen.sender == session.client)} {level} {what}"
            found.append({"alert": text, "packet": seen.packet})
    return found


def _arrow(from_client: bool) -> str:
    return ">" if from_client else "<"


def _ekt_key(found: Association, key: Any, names: Names) -> dict[str, Any]:
    acks = [s.acknowledgement(key.message) for s in found.sessions]
    ack = next((a for a in acks if a is not None), None)
    return {
        "name": names.ekt_key(key.parameters.spi),
        "spi": key.parameters.spi,
        "key_id": key.parameters.key.id,
        "ttl": key.parameters.ttl,
        "packet": key.packet,
        "acknowledged": None if ack is None else ack.packet,
    }


def tunnel(found: Tunnel, names: Names) -> dict[str, Any]:
    """One tunnel and its messages."""
    people = {key: _who(carrier, names) for key, carrier in found.associations.items()}
    inside = {key: _inside(carrier) for key, carrier in found.associations.items()}
    return {
        "version": found.version,
        **_carrier(found),
        "messages": [_tunneled(seen, people, inside) for seen in found.messages],
    }


def _carrier(found: Tunnel) -> dict[str, Any]:
    session = found.session
    if not isinstance(session, DtlsSession):
        return {}
    return {
        "cipher_suite": agreed(session)["cipher_suite"],
        "handshake": messages(session),
        "alerts": alerts(session),
    }


def _who(carrier: TunneledAssociation, names: Names) -> str:
    """The endpoint whose handshake a tunneled association carries."""
    for person in names.people:
        if any(a.carrier is carrier for a in person.associations):
            return person.letter
    return "?"


def _inside(carrier: TunneledAssociation) -> dict[int, list[str]]:
    """Packet -> what DTLS it brought: handshake messages that it completes, other record types by name."""
    found: dict[int, list[str]] = {}
    for session in carrier.flow.sessions:
        for message in session.messages:
            kind = name_of(HandshakeType, message.type) or ""
            found.setdefault(message.packet, []).append(kind)
        for seen in session.records:
            if seen.record.type != ContentType.HANDSHAKE:
                kind = (name_of(ContentType, seen.record.type) or "").lower()
                found.setdefault(seen.packet, []).append(kind)
    return found


def _tunneled(
    seen: SeenMessage, people: dict[bytes, str], inside: dict[bytes, dict[int, list[str]]]
) -> dict[str, Any]:
    message = seen.message
    if message is None:
        return {"message": f"{seen.sender}: refused: {seen.fault}", "packet": seen.packet}
    parts = [f"{seen.sender}: {people.get(message.association_id, '?')}"]
    if message.profiles is not None:
        parts.append("+ profiles " + " ".join(f"{p:#06x}" for p in message.profiles))
    if message.keys is not None:
        parts.append(f"+ keys {message.keys.profile:#06x}")
    kinds = inside.get(message.association_id, {}).get(seen.packet, [])
    parts.append("(" + ", ".join(kinds) + ")" if kinds else "(nothing new)")
    return {"message": " ".join(parts), "packet": seen.packet}

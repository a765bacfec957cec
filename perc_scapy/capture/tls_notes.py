# SPDX-License-Identifier: GPL-2.0-only
"""Why records of a TLS connection stayed closed, and what else is worth saying of it."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.notes import Note, Severity
from perc_scapy.capture.openers import can_open
from perc_scapy.capture.session_notes import name_of
from perc_scapy.capture.tls_flows import TlsFlow
from perc_scapy.capture.tls_keys import EARLY
from perc_scapy.capture.tls_sessions import TLS_1_3, TlsSession
from perc_scapy.codes import HandshakeType
from perc_scapy.crypto.tls13 import TLS13_SUITES


def tls_flow_notes(flow: TlsFlow, keylog: KeyLog) -> Iterator[Note]:
    """Everything about one connection; nothing about those that are not TLS."""
    for session in flow.sessions:
        yield from tls_notes(session, keylog)
    if flow.orphans and flow.is_tls and not flow.sessions:
        ends = " and ".join(str(end) for end in flow.ends)
        text = f"handshake not in the capture: TLS records between {ends}"
        yield Note(flow.orphans[0].packet, "warning", text)
    if flow.left_out:
        yield Note(None, "warning", f"{flow.left_out} TLS records of a long connection left out")


def tls_notes(session: TlsSession, keylog: KeyLog) -> Iterator[Note]:
    """One connection: gaps, early data, and what does not open."""
    if session.first(HandshakeType.CLIENT_HELLO, True) is None:
        text = f"ClientHello not in the capture; the key log's {name_of(session)} fits"
        yield Note(session.records[0].packet, "note", text)
    for seen in session.records:
        if seen.lost:
            side = "client" if seen.sender == session.client else "server"
            text = f"{seen.lost} octets of the {side}'s TLS stream are not in the capture"
            yield Note(seen.packet, "warning", text)
    yield from _early(session)
    yield from _closed(session, keylog)


def _early(session: TlsSession) -> Iterator[Note]:
    hello = session.first(HandshakeType.CLIENT_HELLO, True)
    if session.early_data and hello is not None:
        opened = sum(seen.record.epoch == EARLY for seen in session.protected(opened=True))
        text = "early data (0-RTT) offered" + (f", {opened} records of it opened" if opened else "")
        yield Note(hello.packet, "note", text)


def _closed(session: TlsSession, keylog: KeyLog) -> Iterator[Note]:
    closed = list(session.protected(opened=False))
    if not closed:
        return
    if not any(session.protected(opened=True)):
        hello = next(session.server_hellos(), None)
        packet = closed[0].packet if hello is None else hello.packet
        reason = _reason(session, keylog)
        if reason is not None:
            yield Note(packet, *reason)
    else:
        records = "1 record" if len(closed) == 1 else f"{len(closed)} records"
        text = f"{records} of {name_of(session)} ({session.version}) do not open"
        yield Note(closed[0].packet, "warning", text)


def _reason(session: TlsSession, keylog: KeyLog) -> tuple[Severity, str] | None:
    """Why not one record opens."""
    hello = session.server_hello
    if hello is None:
        return "warning", "ServerHello not in the capture: no key can be derived without it"
    known = hello.cipher_suite in TLS13_SUITES if session.negotiated == TLS_1_3 else can_open(hello)
    if not known:
        return "warning", f"{session.version} with {session.suite}: not decrypted"
    if session.has_secret:
        return "error", f"secret of {name_of(session)} does not open its records"
    if len(keylog):
        return "warning", f"the key log has no secret of {name_of(session)}"
    return None

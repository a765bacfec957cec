# SPDX-License-Identifier: GPL-2.0-only
"""Why records of a session stayed closed, and what else is worth saying of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.notes import Note, Severity
from perc_scapy.capture.openers import can_open
from perc_scapy.capture.records import UNIFIED
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.codes import ContentType, DtlsVersion, ExtensionType, HandshakeType

NOT_DECRYPTED_13 = "DTLS 1.3: not decrypted"


def name_of(session: SecuredSession) -> str:
    """How a session is named: as its line in a key log begins."""
    return f"CLIENT_RANDOM {session.client_random.hex()[:16]}…"


def flow_notes(flow: DtlsFlow, keylog: KeyLog) -> Iterator[Note]:
    """Everything about the sessions between two ends."""
    for session in flow.sessions:
        yield from dtls_notes(session, keylog)
    yield from _orphan_notes(flow)
    yield from _foreign_notes(flow)


def dtls_notes(session: DtlsSession, keylog: KeyLog) -> Iterator[Note]:
    """One association: version, what is missing, what the keys do not open, addresses that changed."""
    hello = session.first(HandshakeType.SERVER_HELLO, False)
    packet = None if hello is None else hello.packet
    if session.negotiated == DtlsVersion.DTLS_1_3:
        yield Note(packet, "warning", NOT_DECRYPTED_13)
        return
    if session.negotiated == DtlsVersion.DTLS_1_0:
        yield Note(packet, "note", "DTLS 1.0: deprecated by RFC 8996")
    if session.first(HandshakeType.CLIENT_HELLO, True) is None:
        text = f"ClientHello not in the capture; the key log's {name_of(session)} fits"
        yield Note(packet, "note", text)
    if session.selected(ExtensionType.CONNECTION_ID) is not None:
        yield Note(packet, "warning", "connection ids (RFC 9146): records with one stay closed")
    yield from _forgeries(session)
    yield from _closed_notes(session, keylog, packet)
    for move in session.moves:
        text = f"{name_of(session)} goes on between {move.client} and {move.server}"
        yield Note(move.packet, "note", text)


def _forgeries(session: DtlsSession) -> Iterator[Note]:
    different = {m.body: m.packet for m in reversed(list(session.server_hellos()))}
    if len(different) > 1:
        text = f"{len(different)} different ServerHellos answer one ClientHello"
        opener = session.opener
        if opener is not None and opener.confirmed:
            right = [m.packet for m in session.server_hellos() if opener.hello.random in m.body]
            text += f"; the keys agree with that of packet {right[0]}" if right else ""
        yield Note(max(different.values()), "warning", text)


def _closed_notes(session: DtlsSession, keylog: KeyLog, packet: int | None) -> Iterator[Note]:
    closed = Counter(seen.record.epoch for seen in session.protected(opened=False))
    if not closed:
        return
    first = next(session.protected(opened=False)).packet
    opened = sum(1 for _ in session.protected(opened=True))
    reason = _reason(session, keylog)
    if not opened:
        if reason is not None:
            yield Note(first if packet is None else packet, *reason)
        return
    for epoch, count in sorted(closed.items()):
        yield Note(_first_closed(session, epoch), "warning", _of_epoch(session, epoch, count))


def _reason(session: DtlsSession, keylog: KeyLog) -> tuple[Severity, str] | None:
    """(severity, why) not one record opens."""
    hello = session.server_hello
    if hello is None:
        text = "ServerHello not in the capture: without its random no key can be derived"
        return "warning", text
    if not can_open(hello):
        return "warning", f"{session.version} with {session.suite}: not decrypted"
    if session.mistrusted:
        return "error", f"secret of {name_of(session)} does not open its records"
    if not session.has_secret and len(keylog):
        return "warning", f"the key log has no secret of {name_of(session)}"
    return None


def _first_closed(session: DtlsSession, epoch: int) -> int:
    closed = session.protected(opened=False)
    return next(seen.packet for seen in closed if seen.record.epoch == epoch)


def _of_epoch(session: DtlsSession, epoch: int, count: int) -> str:
    records = "1 record" if count == 1 else f"{count} records"
    if any(session.server_hellos(epoch - 1)):
        return (
            f"{records} of epoch {epoch} of {name_of(session)} do not open: damaged, or of others"
        )
    return (
        f"{records} of epoch {epoch} of {name_of(session)}: no handshake in the capture leads there"
    )


def _orphan_notes(flow: DtlsFlow) -> Iterator[Note]:
    closed = [seen for seen in flow.orphans if seen.content is None]
    if closed:
        count = "1 DTLS record" if len(closed) == 1 else f"{len(closed)} DTLS records"
        text = f"handshake not in the capture: {count} between "
        yield Note(closed[0].packet, "warning", text + " and ".join(str(end) for end in flow.ends))


def _foreign_notes(flow: DtlsFlow) -> Iterator[Note]:
    thirteen = [packet for packet, kind in flow.foreign if kind in UNIFIED]
    named = [packet for packet, kind in flow.foreign if kind == ContentType.TLS12_CID]
    if thirteen and all(s.negotiated != DtlsVersion.DTLS_1_3 for s in flow.sessions):
        yield Note(thirteen[0], "warning", NOT_DECRYPTED_13)
    if named and all(s.selected(ExtensionType.CONNECTION_ID) is None for s in flow.sessions):
        text = "records with a connection id (RFC 9146) stay closed"
        yield Note(named[0], "warning", text)


def keylog_notes(sessions: Iterable[SecuredSession], keylog: KeyLog) -> Iterator[Note]:
    """A key log of another run, or none."""
    found = list(sessions)
    shut = sum(any(s.protected(opened=False)) and not s.has_secret for s in found)
    if not keylog.sessions and shut:
        what = "1 session stays closed" if shut == 1 else f"{shut} sessions stay closed"
        yield Note(None, "note", f"no key log: {what}")
    if keylog.sessions and found and not any(s.has_secret for s in found):
        theirs = "session" if keylog.sessions == 1 else "sessions"
        text = f"the key log has {keylog.sessions} {theirs}, none of this capture's {len(found)}"
        yield Note(None, "error", text)
    if keylog.dropped:
        yield Note(
            None, "warning", f"key log too long: its first {keylog.dropped} secrets are not used"
        )

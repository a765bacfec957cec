# SPDX-License-Identifier: GPL-2.0-only
"""Does Finished fit the handshake of the capture? If not, a message was changed on the way (RFC 5246 section 7.4.9).

The MDD can change ClientHello and ServerHello, which pass in clear; both ends notice by Finished, and so does this.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.codes import HandshakeType
from perc_scapy.crypto import tls12_reading as tls12
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.explain.cause import FOUND, Cause

CLAUSE = "RFC 5246 section 7.4.9; RFC 6347 section 4.2.6"
DTLS12 = 0xFEFD
_OUTSIDE = (HandshakeType.HELLO_REQUEST, HandshakeType.HELLO_VERIFY_REQUEST)


def unfit_finished(association: Association, session: DtlsSession) -> Iterator[Cause]:
    """A Finished that is not that of the messages seen on this link."""
    for side, sights in (
        ("the endpoint's link", association.direct),
        ("the tunnel", association.tunneled),
    ):
        for message in mismatches(sights) if sights is not None else ():
            who = "client" if message.from_client else "server"
            text = (
                f"Finished of the {who} in packet {message.packet} does not fit the handshake seen on {side}: "
                "a message was changed on the way, or its sender hashes other messages than these"
            )
            yield Cause("handshake", FOUND, text, CLAUSE)


def mismatches(session: DtlsSession) -> list[HandshakeMessage]:
    """Finished messages that do not fit; none when one cannot tell (a message is missing, a session resumed)."""
    flights = _flights(session)
    opener = session.opener
    if flights is None or opener is None:
        return []
    before, client, tickets = flights
    found = []
    suite = tls12.suite_row(opener.hello.cipher_suite, DTLS12)
    prf = tls12.prf_of(opener.hello.cipher_suite, DTLS12, opener.master)
    digest = "sha256" if suite is None else suite.prf_hash
    server = session.first(HandshakeType.FINISHED, False)
    for message, label, seen in (
        (client, b"client finished", before),
        (server, b"server finished", [*before, client, *tickets]),
    ):
        octets = b"".join(map(_raw, seen))
        if message is None:
            continue
        good = bytes(prf(label, hashlib.new(digest, octets).digest(), 12))
        if not hmac.compare_digest(good, message.body):
            found.append(message)
    return found


def _flights(
    session: DtlsSession,
) -> tuple[list[HandshakeMessage], HandshakeMessage, list[HandshakeMessage]] | None:
    """Messages up to the client's Finished, that Finished, tickets behind it; None unless all are there, once."""
    hello, finished = session.server_hello, session.first(HandshakeType.FINISHED, True)
    if hello is None or finished is None or hello.version != DTLS12:
        return None
    ours = _by_number(session, from_client=True)
    theirs = _by_number(session, from_client=False)
    tickets = [m for m in theirs if m.type == HandshakeType.NEW_SESSION_TICKET]
    theirs = [m for m in theirs if m.type not in (*_OUTSIDE, HandshakeType.NEW_SESSION_TICKET)]
    hellos = [n for n, m in enumerate(ours) if m.type == HandshakeType.CLIENT_HELLO]
    kinds = {m.type for m in (*ours, *theirs)}
    if (
        not hellos
        or not {HandshakeType.CLIENT_KEY_EXCHANGE, HandshakeType.SERVER_HELLO_DONE} <= kinds
    ):
        return None
    ours = ours[hellos[-1] :]
    if not (_whole(ours) and _whole(theirs) and finished.sequence == ours[-1].sequence + 1):
        return None
    return [ours[0], *theirs, *ours[1:]], finished, tickets


def _by_number(session: DtlsSession, *, from_client: bool) -> list[HandshakeMessage]:
    mine = [m for m in session.messages if m.from_client == from_client and m.epoch == 0]
    return sorted(mine, key=lambda m: m.sequence)


def _whole(messages: list[HandshakeMessage]) -> bool:
    """Consecutive numbers, each once: no message is missing and none was forged beside another."""
    numbers = [m.sequence for m in messages]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _raw(message: HandshakeMessage) -> bytes:
    return encode_fragment(message.type, len(message.body), message.sequence, 0, message.body)

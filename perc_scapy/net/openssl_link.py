# SPDX-License-Identifier: GPL-2.0-only
"""One DTLS 1.2 connection of OpenSSL over memory BIOs, with the verbs of `DtlsServer` and `DtlsClient`."""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from OpenSSL import SSL, crypto

from perc_scapy.codes import AlertDescription, CipherSuite
from perc_scapy.crypto import fingerprint
from perc_scapy.dtls.events import ApplicationDataReceived, ConnectionClosed, HandshakeCompleted
from perc_scapy.errors import LocalError
from perc_scapy.net.openssl_records import pack, plain_alert

MTU = 1200
"""Octets of a handshake datagram; application data is one datagram a record whatever its size (AMB-09)."""
SUITES = {
    "ECDHE-ECDSA-AES256-GCM-SHA384": CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    "ECDHE-RSA-AES256-GCM-SHA384": CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    "ECDHE-ECDSA-AES128-GCM-SHA256": CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    "ECDHE-RSA-AES128-GCM-SHA256": CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    "ECDHE-ECDSA-CHACHA20-POLY1305": CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    "ECDHE-RSA-CHACHA20-POLY1305": CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}
"""All that the tunnel offers, by OpenSSL's names; 256 bits first, since 256-bit hop keys travel under it."""
_CHUNK = 65536


class RefusedCertificate(str):
    """The reason of a `ConnectionClosed` after this side refused the peer's certificate; it is its `fingerprint`."""

    __slots__ = ("by_date", "fingerprint")

    fingerprint: str
    by_date: bool
    """Expired or not yet valid; otherwise it is not one of those that are accepted."""

    def __new__(cls, fingerprint: str, *, by_date: bool) -> RefusedCertificate:
        why = "is expired or not yet valid" if by_date else "is not accepted"
        made = super().__new__(cls, f"certificate {fingerprint} {why}")
        made.fingerprint, made.by_date = fingerprint, by_date
        return made


class OpensslLink:
    """One DTLS 1.2 connection. Malformed and foreign datagrams are ignored, as DTLS demands (RFC 6347 4.1.2.7)."""

    def __init__(self, connection: SSL.Connection) -> None:
        self._connection = connection
        self._events: deque[object] = deque()
        self._outgoing: list[bytes] = []
        self._timer: float | None = None
        self._closed = False
        self.established = False

    def start(self, now: float) -> None:
        """Client: queue the ClientHello."""
        self._advance(now)

    def receive_datagram(self, data: bytes, now: float) -> None:
        """Feed one datagram; also after the handshake, because a lost last flight is repeated from here."""
        if self._closed or not data:
            return
        self._connection.bio_write(data)
        self._advance(now)

    def next_event(self) -> object | None:
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self, now: float) -> list[bytes]:
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def get_timer(self) -> float | None:
        return self._timer

    def handle_timer(self, now: float) -> None:
        """Let OpenSSL repeat its flight when its own clock agrees that it is time."""
        if self._timer is None or now < self._timer or self._closed:
            return
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(error)
        self._collect()
        self._set_timer(now)

    def send_application(self, data: bytes) -> None:
        """One record, one datagram. Raises `LocalError` before the handshake is over or above 16384 octets."""
        if not self.established or self._closed:
            raise LocalError("tunnel: no data before the handshake is complete or after the end")
        try:
            self._connection.send(data)
        except SSL.Error as error:
            raise LocalError(f"tunnel: a record of {len(data)} octets was refused") from error
        self._collect()

    def close(self, now: float, alert: int = AlertDescription.CLOSE_NOTIFY) -> None:
        """Send close_notify (OpenSSL offers no other alert) and end."""
        if self._closed:
            return
        with suppress(SSL.Error):  # before the handshake is over there is nothing to notify
            self._connection.shutdown()
        self._end("closed here", AlertDescription.CLOSE_NOTIFY, local=True)

    def _advance(self, now: float) -> None:
        try:
            if not self.established:
                self._connection.do_handshake()
                self._complete()
            while True:
                self._events.append(ApplicationDataReceived(self._connection.recv(_CHUNK)))
        except (SSL.WantReadError, SSL.SysCallError):
            pass  # SysCallError("Unexpected EOF") is how some malformed input shows
        except SSL.ZeroReturnError:
            self._answer_close()
        except SSL.Error as error:
            self._fail(error)
        self._collect()
        self._set_timer(now)

    def _complete(self) -> None:
        leaf = self._connection.get_peer_certificate()
        if leaf is None:  # the context excludes it; trust that not blindly
            raise SSL.Error("no certificate")
        der = der_of(leaf)
        suite = SUITES.get(self._connection.get_cipher_name() or "", 0)
        self.established = True
        # The public API does not tell whether the extended master secret was used.
        self._events.append(
            HandshakeCompleted(None, None, fingerprint(der), (der,), None, suite, False)
        )

    def _answer_close(self) -> None:
        with suppress(SSL.Error):
            self._connection.shutdown()
        self._end("closed by the peer", AlertDescription.CLOSE_NOTIFY, local=False)

    def _fail(self, error: SSL.Error) -> None:
        """A fatal end: what OpenSSL says, and the alert that it left in the BIO for the peer."""
        self._collect()
        sent = next(
            (alert for alert in map(plain_alert, self._outgoing) if alert is not None), None
        )
        reason = _reason(error)
        received = "alert" in reason
        refused = self._connection.get_app_data()  # `openssl.judge` leaves it there
        if isinstance(refused, RefusedCertificate):
            return self._end(refused, sent, local=True)
        return self._end(f"DTLS: {reason}", sent, local=not received)

    def _end(self, reason: str, alert: int | None, *, local: bool) -> None:
        self._collect()
        self._closed, self.established, self._timer = True, False, None
        self._events.append(ConnectionClosed(reason, alert, local))

    def _collect(self) -> None:
        """Take what OpenSSL wants sent, also after an error."""
        written = b""
        with suppress(SSL.Error):
            while True:
                written += self._connection.bio_read(_CHUNK)
        self._outgoing += pack(written, MTU)

    def _set_timer(self, now: float) -> None:
        left = None if self._closed else self._connection.DTLSv1_get_timeout()
        self._timer = None if left is None else now + left


def _reason(error: SSL.Error) -> str:
    """The last word of OpenSSL's error stack."""
    stack = error.args[0] if error.args else ""
    if isinstance(stack, list) and stack:
        return str(stack[-1][-1]) or "error without a name"
    return str(stack) or "error without a name"


def der_of(certificate: crypto.X509) -> bytes:
    """The octets as OpenSSL holds them: cryptography refuses to parse some certificates that OpenSSL lets pass."""
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)

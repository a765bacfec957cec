# SPDX-License-Identifier: GPL-2.0-only
"""DTLS 1.2 for the tunnel from OpenSSL: what one side is and whom it accepts.

draft-jones-perc-dtls-tunnel-00 section 4: both sides show a certificate. Both are accepted by fingerprint only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography import x509
from OpenSSL import SSL

from perc_scapy.codes import DtlsVersion
from perc_scapy.crypto import fingerprint
from perc_scapy.dtls.identity import Identity
from perc_scapy.net.openssl_link import MTU, SUITES, OpensslLink, RefusedCertificate, der_of

_NOT_YET_VALID, _EXPIRED = 9, 10

KeyLog = Callable[[str], None]
"""Takes one line of an NSS key log, without its end."""
Verify = Callable[[str], bool]


class OpensslContext:
    """One side's certificate, key and policy, shared by all its connections. `verify` judges the peer's fingerprint."""

    def __init__(
        self,
        identity: Identity,
        verify: Verify,
        *,
        keylog: KeyLog | None = None,
        cookies: tuple[Callable[[Any], bytes], Callable[[Any, bytes], bool]] | None = None,
    ) -> None:
        # Everything is set before the first Connection: OpenSSL freezes a context with it.
        context = self._context = SSL.Context(SSL.DTLS_METHOD)
        context.use_certificate(x509.load_der_x509_certificate(identity.certificate))
        context.use_privatekey(identity.private_key)
        context.set_min_proto_version(DtlsVersion.DTLS_1_2)
        context.set_max_proto_version(DtlsVersion.DTLS_1_2)  # a later OpenSSL would choose 1.3
        context.set_cipher_list(":".join(SUITES).encode())
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verifier(verify))
        if keylog is not None:
            context.set_keylog_callback(lambda connection, line: keylog(line.decode("ascii")))
        if cookies is not None:
            context.set_cookie_generate_callback(cookies[0])
            context.set_cookie_verify_callback(cookies[1])

    def connection(self, *, server: bool) -> SSL.Connection:
        """A fresh connection over memory BIOs."""
        connection = SSL.Connection(self._context, None)
        (connection.set_accept_state if server else connection.set_connect_state)()
        connection.set_ciphertext_mtu(MTU)
        return connection

    def client(self) -> OpensslLink:
        """A link that opens the tunnel: call `start`."""
        return OpensslLink(self.connection(server=False))


def _verifier(verify: Verify) -> Callable[[Any, Any, int, int, int], bool]:
    """OpenSSL asks once per certificate and error; only the leaf counts, and only its fingerprint and dates."""

    def judge(connection: Any, certificate: Any, error: int, depth: int, ok: int) -> bool:
        if depth:
            return True
        shown, by_date = fingerprint(der_of(certificate)), error in (_NOT_YET_VALID, _EXPIRED)
        if not by_date and verify(shown):
            return True
        connection.set_app_data(RefusedCertificate(shown, by_date=by_date))
        return False

    return judge

# SPDX-License-Identifier: GPL-2.0-only
"""A DTLS-SRTP handshake between two OpenSSL connections in memory: a source of exporter output not made here."""

from __future__ import annotations

import datetime
from contextlib import suppress
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL


@cache
def _identity() -> tuple:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pair")])
    day = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, day, day.replace(year=2044))
    return key, builder.sign(key, hashes.SHA256())


def _connection(profile: str) -> SSL.Connection:
    context = SSL.Context(SSL.DTLS_METHOD)
    key, certificate = _identity()
    context.use_privatekey(key)
    context.use_certificate(certificate)
    context.set_options(SSL.OP_NO_QUERY_MTU)
    context.set_tlsext_use_srtp(profile.encode())
    connection = SSL.Connection(context, None)
    connection.set_ciphertext_mtu(1200)
    return connection


def exported_by_openssl(profile: str, label: bytes, length: int) -> tuple[bytes, bytes]:
    """(client's, server's) exporter output after a handshake that negotiated the profile."""
    client, server = _connection(profile), _connection(profile)
    client.set_connect_state()
    server.set_accept_state()
    waiting = {client, server}
    for _ in range(20):
        for mine, other in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                mine.do_handshake()
                waiting.discard(mine)
            with suppress(SSL.WantReadError):
                other.bio_write(mine.bio_read(65536))
        if not waiting:
            break
    assert not waiting
    assert client.get_selected_srtp_profile() == profile.encode()
    return tuple(end.export_keying_material(label, length, None) for end in (client, server))

# SPDX-License-Identifier: GPL-2.0-only
"""Recorded DTLS and TLS conversations of OpenSSL with itself, in memory, with any suite, and their key log."""

from __future__ import annotations

import functools
from pathlib import Path

from cryptography import x509
from OpenSSL import SSL

from perc_scapy.capture.keylog import KeyLog
from tests.capture.conversations import Conversation, keylog_of
from tests.dtls.openssl_peer import OpenSslPeer
from tests.dtls.pairs import identity, shuttle

NO_ENCRYPT_THEN_MAC = 1 << 19
DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD
DH = """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""
"""ffdhe2048 (RFC 7919)."""


@functools.cache
def dh_file() -> bytes:
    import tempfile

    path = Path(tempfile.mkdtemp()) / "ffdhe2048.pem"
    path.write_text(DH)
    return str(path).encode()


def context(
    suite: bytes,
    lines: list[str],
    *,
    method: int = SSL.DTLS_METHOD,
    version: int = DTLS_1_2,
    kind: str = "ecdsa",
    options: int = 0,
    srtp: bytes = b"",
) -> SSL.Context:
    """Both ends use one context."""
    who = identity(f"openssl {kind}", kind)
    ctx = SSL.Context(method)
    ctx.set_min_proto_version(version)
    ctx.set_max_proto_version(version)
    ctx.set_options(SSL.OP_NO_QUERY_MTU | options)
    ctx.set_cipher_list(suite + b":@SECLEVEL=0")
    ctx.set_keylog_callback(lambda _, line: lines.append(line.decode()))
    ctx.use_certificate(x509.load_der_x509_certificate(who.certificate))
    ctx.use_privatekey(who.private_key)
    ctx.load_tmp_dh(dh_file())
    if srtp:
        ctx.set_tlsext_use_srtp(srtp)
    return ctx


def talk(
    suite: bytes, *, session: SSL.Session | None = None, ctx: SSL.Context | None = None, **options
) -> Conversation:
    """A handshake, one message each way."""
    lines: list[str] = []
    ctx = context(suite, lines, **options) if ctx is None else ctx
    client, server = OpenSslPeer(ctx, server=False), OpenSslPeer(ctx, server=True)
    if session is not None:
        client.connection.set_session(session)
    client.start(0.0)
    log = shuttle(client, server)
    assert client.established, (client.error, server.error)
    log += exchange(client, server)
    return Conversation(log, keylog_of(lines), client, server)


def exchange(client: OpenSslPeer, server: OpenSslPeer) -> list[tuple[str, bytes]]:
    client.send_application(b"from the client")
    server.send_application(b"from the server")
    return shuttle(client, server)


def merged(*keylogs: KeyLog) -> KeyLog:
    whole = KeyLog()
    for keylog in keylogs:
        whole.add_text(keylog.to_text())
    return whole

# SPDX-License-Identifier: GPL-2.0-only
"""The engine against OpenSSL through pyOpenSSL: every combination that the tunnel or an endpoint could meet."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from OpenSSL import SSL

from perc_scapy.codes import CipherSuite, HandshakeType, NamedGroup
from perc_scapy.dtls import (
    ApplicationDataReceived,
    ConnectionClosed,
    CookieAccepted,
    CookieExchange,
    CookieReply,
    DtlsClient,
    DtlsServer,
    HandshakeCompleted,
)
from tests.dtls.openssl_peer import OpenSslPeer, context
from tests.dtls.pairs import (
    DOUBLE_128,
    DOUBLE_256,
    GCM_128,
    client_config,
    event,
    events,
    identity,
    seeded,
    server_config,
    shuttle,
)

LABEL = b"EXTRACTOR-dtls_srtp"
SUITES = {
    ("ecdsa", "AES128-GCM"): CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ("ecdsa", "AES256-GCM"): CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ("ecdsa", "CHACHA20"): CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ("rsa", "AES128-GCM"): CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ("rsa", "AES256-GCM"): CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ("rsa", "CHACHA20"): CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}
GROUP_NAMES = {NamedGroup.X25519: "x25519", NamedGroup.SECP256R1: "secp256r1"}
MATRIX = list(
    itertools.product(
        ("client", "server"),
        ("ecdsa", "rsa"),
        (True, False),
        (1200, 260),
        (True, False),
        ("AES128-GCM", "AES256-GCM", "CHACHA20"),
        (NamedGroup.X25519, NamedGroup.SECP256R1),
    )
)


def names(row) -> str:
    role, kind, ems, mtu, tickets, cipher, group = row
    words = [
        role,
        kind,
        "ems" if ems else "no-ems",
        str(mtu),
        "tickets" if tickets else "no-tickets",
    ]
    return "-".join([*words, cipher, group.name])


@pytest.mark.req("DTL-02", "DTL-04", "DTL-05")
@pytest.mark.parametrize("row", MATRIX, ids=names)
def test_matrix(row):
    role, kind, ems, mtu, tickets, cipher, group = row
    suite = SUITES[kind, cipher]
    peer = OpenSslPeer(
        context(identity("peer", kind), ems=ems, tickets=tickets), server=role == "client", mtu=mtu
    )
    options = {"identity": identity("own", kind), "mtu": mtu, "groups": (group,)}
    options["cipher_suites"] = (suite,)
    if role == "client":
        # RFC 8422 5.1.1: the list also says which curves a certificate may have, so P-256 must be in it
        options["groups"] = tuple(dict.fromkeys((group, NamedGroup.SECP256R1)))
        engine = DtlsClient(client_config(names(row), session_ticket=tickets, **options))
    else:
        engine = DtlsServer(server_config(names(row), **options))
    client, server = (engine, peer) if role == "client" else (peer, engine)
    client.start(0.0)
    log = shuttle(client, server)

    assert engine.established, events(engine)
    assert peer.established, peer.error
    done = event(engine, HandshakeCompleted)
    assert done.cipher_suite == suite
    assert peer.connection.get_group_name() == GROUP_NAMES[group]
    assert done.extended_master_secret is ems
    assert done.peer_fingerprint == identity("peer", kind).fingerprint
    assert engine.export(LABEL, 80) == peer.export(LABEL, 80)
    assert engine.export(b"other", 33, b"ctx") == peer.export(b"other", 33, b"ctx")
    assert all(len(d) <= mtu for who, d in log if who == role)
    assert (mtu == 260) == (len(log) > 6)
    sent_ticket = any(
        d[0] == 22 and d[13] == HandshakeType.NEW_SESSION_TICKET
        for who, d in log
        if who == "server"
    )
    assert sent_ticket == (tickets and role == "client")

    engine.send_application(b"from the engine")
    peer.send_application(b"from OpenSSL")
    shuttle(client, server)
    assert peer.received == [b"from the engine"]
    assert event(engine, ApplicationDataReceived).data == b"from OpenSSL"
    assert not engine.counters


def test_matrix_is_large_enough():
    assert len(MATRIX) >= 128


@pytest.mark.req("DTL-01", "DBL-01")
@pytest.mark.parametrize(
    ("name", "code", "length"),
    [
        (b"SRTP_DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM", DOUBLE_128, 112),
        (b"SRTP_DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM", DOUBLE_256, 176),
        (b"SRTP_AEAD_AES_128_GCM", GCM_128, 56),
    ],
)
@pytest.mark.parametrize("role", ["client", "server"])
def test_srtp_profiles(role, name, code, length):
    peer = OpenSslPeer(context(identity("peer"), srtp=name), server=role == "client")
    offered = {"srtp_profiles": (code,), "require_srtp": True}
    engine = (
        DtlsClient(client_config(1, **offered))
        if role == "client"
        else DtlsServer(server_config(1, **offered))
    )
    client, server = (engine, peer) if role == "client" else (peer, engine)
    client.start(0.0)
    shuttle(client, server)
    assert event(engine, HandshakeCompleted).srtp_profile == code
    assert peer.connection.get_selected_srtp_profile() == name
    assert engine.export(LABEL, length) == peer.export(LABEL, length)


@pytest.mark.req("DTL-01")
def test_no_common_srtp_profile_is_refused_before_any_key():
    peer = OpenSslPeer(context(identity("peer"), srtp=b"SRTP_AEAD_AES_128_GCM"), server=False)
    lines: list[str] = []
    options = {"srtp_profiles": (DOUBLE_256,), "require_srtp": True, "keylog": lines.append}
    server = DtlsServer(server_config(1, **options))
    peer.start(0.0)
    shuttle(peer, server)
    assert event(server, ConnectionClosed).alert == 40
    assert "handshake failure" in str(peer.error)
    assert lines == []


def test_cookie_of_openssl_server():
    ctx = context(identity("peer"), cookie=b"a cookie")
    peer = OpenSslPeer(ctx, server=True)
    client = DtlsClient(client_config(1))
    client.start(0.0)
    log = shuttle(client, peer)
    assert client.established
    assert next(d[13] for who, d in log if who == "server") == HandshakeType.HELLO_VERIFY_REQUEST
    assert client.export(LABEL, 60) == peer.export(LABEL, 60)


@pytest.mark.parametrize("mtu", [1200, 260])
def test_our_cookie_exchange_with_openssl_client(mtu):
    """At 260 octets OpenSSL's hello comes in pieces: only the first holds the cookie."""
    exchange, peer = (
        CookieExchange(seeded("cookie")),
        OpenSslPeer(context(identity("peer")), server=False, mtu=mtu),
    )
    peer.start(0.0)
    verdicts = [exchange.check(d, b"address", 0.0, b"list") for d in peer.datagrams_to_send(0.0)]
    replies = [v for v in verdicts if v is not None]
    assert [type(r) for r in replies] == [CookieReply]
    peer.receive_datagram(replies[0].datagram, 0.0)
    second = peer.datagrams_to_send(0.0)
    assert exchange.check(second[0], b"address", 0.0) == CookieAccepted(b"list")
    server = DtlsServer(server_config(1, mtu=mtu))
    for datagram in second:
        server.receive_datagram(datagram, 0.0)
    shuttle(peer, server)
    assert peer.established
    assert server.export(LABEL, 60) == peer.export(LABEL, 60)


@pytest.mark.parametrize("role", ["client", "server"])
def test_close_notify(role):
    peer = OpenSslPeer(context(identity("peer")), server=role == "client")
    engine = DtlsClient(client_config(1)) if role == "client" else DtlsServer(server_config(1))
    client, server = (engine, peer) if role == "client" else (peer, engine)
    client.start(0.0)
    shuttle(client, server)
    events(engine)
    peer.connection.shutdown()
    shuttle(client, server)
    assert events(engine) == [ConnectionClosed("close_notify", 0, local=False)]


@pytest.mark.req("T00-EP-04")
def test_openssl_client_without_certificate_is_refused():
    ctx = SSL.Context(SSL.DTLS_METHOD)
    ctx.set_max_proto_version(0xFEFD)
    ctx.set_options(SSL.OP_NO_QUERY_MTU)
    peer, server = OpenSslPeer(ctx, server=False), DtlsServer(server_config(1))
    peer.start(0.0)
    shuttle(peer, server)
    assert event(server, ConnectionClosed).reason == "client without certificate"
    assert not peer.established


def test_renegotiation_by_openssl_is_refused():
    """RFC 5246 7.2.2: a no_renegotiation warning from us; it is OpenSSL that gives up over it."""
    peer = OpenSslPeer(context(identity("peer")), server=False)
    server = DtlsServer(server_config(1))
    peer.start(0.0)
    shuttle(peer, server)
    assert peer.established
    peer.connection.renegotiate()
    with contextlib.suppress(SSL.Error):
        peer.connection.do_handshake()
    shuttle(peer, server)
    assert server.counters["renegotiation_refused"] >= 1
    assert events(server)[-1] == ConnectionClosed("alert: handshake_failure", 40, local=False)

# SPDX-License-Identifier: GPL-2.0-only
"""OpenSSL's DTLS as tunnel: handshake and certificates."""

from __future__ import annotations

import datetime
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from perc_scapy.dtls.identity import Identity
from perc_scapy.net.openssl import OpensslContext, OpensslLink
from perc_scapy.net.openssl_accept import OpensslAcceptor
from tests.net.tunnel_pair import (
    ApplicationDataReceived,
    ConnectionClosed,
    HandshakeCompleted,
    accept_all,
    events,
    of,
    opened,
)

KMF = Identity.generate("kmf")
MDD = Identity.generate("mdd")
STRANGER = Identity.generate("stranger")


def pair(*, kmf=KMF, mdd=MDD, keylog=None):
    """(client, server) with both sides pinned to KMF and MDD."""
    acceptor = OpensslAcceptor(
        kmf, lambda seen: seen == MDD.fingerprint, random=os.urandom, keylog=keylog
    )
    client = OpensslContext(mdd, lambda seen: seen == KMF.fingerprint).client()
    return client, opened(client, acceptor)


@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "SLD-TRN-03")
def test_both_sides_show_a_certificate_and_are_told_its_fingerprint():
    client, server = pair()
    (at_client,), (at_server,) = events(client), events(server)
    assert at_client.peer_fingerprint == KMF.fingerprint
    assert at_server.peer_fingerprint == MDD.fingerprint
    assert at_server.peer_certificates == (MDD.certificate,)
    assert at_client.cipher_suite == at_server.cipher_suite == 0xC02C
    assert client.established
    assert server.established


@pytest.mark.req("T00-TUN-02", "SLD-TRN-03")
def test_an_rsa_certificate_works_too():
    rsa = Identity.generate("rsa", kind="rsa")
    acceptor = OpensslAcceptor(rsa, accept_all, random=os.urandom)
    client = OpensslContext(MDD, lambda seen: seen == rsa.fingerprint).client()
    server = opened(client, acceptor)
    assert of(HandshakeCompleted, events(client))
    assert of(HandshakeCompleted, events(server))


@pytest.mark.req("T00-TUN-02", "SLD-TRN-03")
@pytest.mark.parametrize("wrong", ["kmf", "mdd"])
def test_a_wrong_certificate_ends_it_on_both_sides(wrong):
    client, server = pair(**{wrong: STRANGER})
    heard = {"client": events(client), "server": events(server)}
    for side, link in (("client", client), ("server", server)):
        assert not link.established
        assert of(ConnectionClosed, heard[side])
    judge = "client" if wrong == "kmf" else "server"
    assert not of(HandshakeCompleted, heard[judge])
    (closed,) = of(ConnectionClosed, heard[judge])
    assert closed.local
    assert closed.alert is not None
    assert closed.reason == f"certificate {STRANGER.fingerprint} is not accepted"
    assert closed.reason.fingerprint == STRANGER.fingerprint
    assert not of(ApplicationDataReceived, heard["server"])


@pytest.mark.req("T00-TUN-02")
def test_a_client_without_certificate_is_refused():
    bare = SSL.Context(SSL.DTLS_METHOD)
    bare.set_verify(SSL.VERIFY_NONE, lambda *seen: True)
    connection = SSL.Connection(bare, None)
    connection.set_connect_state()
    server = opened(OpensslLink(connection), OpensslAcceptor(KMF, accept_all, random=os.urandom))
    (closed,) = events(server)
    assert isinstance(closed, ConnectionClosed)
    assert closed.alert is not None, "refused inside the handshake: the client is told"
    assert not server.established


def test_the_version_is_pinned_at_both_ends(monkeypatch):
    """An OpenSSL that knows DTLS 1.3 would choose it; the one installed may not, so a handshake cannot show this."""
    pinned = {}

    class Spy(SSL.Context):
        def set_min_proto_version(self, version):
            pinned["min"] = version
            super().set_min_proto_version(version)

        def set_max_proto_version(self, version):
            pinned["max"] = version
            super().set_max_proto_version(version)

    monkeypatch.setattr(SSL, "Context", Spy)
    OpensslContext(MDD, accept_all)
    assert pinned == {"min": 0xFEFD, "max": 0xFEFD}


def test_the_keylog_has_one_line_a_session_and_no_newline():
    lines: list[str] = []
    pair(keylog=lines.append)
    assert [line.split()[0] for line in lines] == ["CLIENT_RANDOM"]
    assert "\n" not in lines[0]


def dated(days_from: int, days_to: int) -> Identity:
    """A certificate valid between two days, counted from today."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dated")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 5)
        .not_valid_before(today + datetime.timedelta(days_from))
        .not_valid_after(today + datetime.timedelta(days_to))
        .sign(key, hashes.SHA256())
    )
    return Identity(certificate.public_bytes(serialization.Encoding.DER), key)


@pytest.mark.parametrize(("start", "end", "good"), [(-2, 2, True), (-3, -1, False), (1, 3, False)])
def test_a_pinned_certificate_outside_its_dates_is_refused(start, end, good):
    mdd = dated(start, end)
    acceptor = OpensslAcceptor(KMF, lambda seen: seen == mdd.fingerprint, random=os.urandom)
    server = opened(OpensslContext(mdd, accept_all).client(), acceptor)
    assert server.established is good
    if not good:
        (closed,) = of(ConnectionClosed, events(server))
        assert closed.reason == f"certificate {mdd.fingerprint} is expired or not yet valid"
        assert closed.reason.by_date

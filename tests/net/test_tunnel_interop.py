# SPDX-License-Identifier: GPL-2.0-only
"""The tunnel between two DTLS implementations: OpenSSL here, the own engine there, in both directions."""

from __future__ import annotations

import os

import pytest

from perc_scapy.codes import HandshakeType
from perc_scapy.dtls import DtlsConfig, Identity
from perc_scapy.net.openssl import OpensslContext
from perc_scapy.net.openssl_accept import OpensslAcceptor
from perc_scapy.tunnel.carrier import (
    EngineAcceptor,
    TunnelClosed,
    TunnelDialer,
    TunnelFailed,
    TunnelListener,
    TunnelOpened,
    TunnelRecord,
    engine_client,
    only,
)

KMF, MDD, STRANGER = (Identity.generate(name) for name in ("kmf", "mdd", "stranger"))
KMF_ADDR, MDD_ADDR = ("192.0.2.1", 1), ("192.0.2.2", 2)
TUNNEL = "tunnel"


def engine(identity: Identity, *accepted: Identity) -> DtlsConfig:
    prints = {other.fingerprint for other in accepted}
    return DtlsConfig(identity, only(prints), random=os.urandom)


def acceptor(kind: str, identity: Identity, *accepted: Identity):
    prints = {other.fingerprint for other in accepted}
    if kind == "openssl":
        return OpensslAcceptor(identity, prints.__contains__, random=os.urandom)
    return EngineAcceptor(engine(identity, *accepted))


def link_maker(kind: str, identity: Identity, *accepted: Identity):
    prints = {other.fingerprint for other in accepted}
    if kind == "openssl":
        return OpensslContext(identity, prints.__contains__).client
    return engine_client(engine(identity, *accepted))


class Pair:
    """A dialer and a listener with a perfect network between them."""

    def __init__(self, dialer_kind, listener_kind, *, mdd=MDD, kmf=KMF) -> None:
        self.dialer = TunnelDialer(TUNNEL, link_maker(dialer_kind, mdd, KMF), KMF_ADDR)
        self.listener = TunnelListener(acceptor(listener_kind, kmf, MDD))
        self.at_mdd: list[object] = []
        self.at_kmf: list[object] = []
        self.dialer.start(0)
        self.settle()

    def settle(self, now: float = 0.0) -> None:
        moved = True
        while moved:
            moved = False
            for data, _ in self.dialer.datagrams_to_send(now):
                self.listener.receive_datagram(bytes(data), MDD_ADDR, now)
                moved = True
            for data, addr in self.listener.datagrams_to_send(now):
                assert addr == MDD_ADDR
                self.dialer.receive_datagram(bytes(data), KMF_ADDR, now)
                moved = True
        self.at_mdd += iter(self.dialer.next_event, None)
        self.at_kmf += iter(self.listener.next_event, None)


BOTH = pytest.mark.parametrize(
    ("dialer", "listener"), [("openssl", "engine"), ("engine", "openssl"), ("openssl", "openssl")]
)


@BOTH
@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "T00-TUN-03", "SLD-TRN-03")
def test_a_tunnel_opens_with_a_cookie_and_both_certificates(dialer, listener):
    pair = Pair(dialer, listener)
    assert pair.at_mdd == [TunnelOpened(TUNNEL, KMF.fingerprint)]
    assert [type(event) for event in pair.at_kmf] == [TunnelOpened]
    assert pair.at_kmf[0].peer_fingerprint == MDD.fingerprint


@BOTH
@pytest.mark.req("T00-TUN-07")
def test_records_cross_whole_and_in_both_directions(dialer, listener):
    pair = Pair(dialer, listener)
    theirs = pair.at_kmf[0].tunnel_id
    sent = [b"\1\0" + bytes(35), os.urandom(1300), os.urandom(16384)]
    for record in sent:
        pair.dialer.send(TUNNEL, record)
        pair.listener.send(theirs, record)
    pair.settle()
    assert pair.at_kmf[1:] == [TunnelRecord(theirs, record) for record in sent]
    assert pair.at_mdd[1:] == [TunnelRecord(TUNNEL, record) for record in sent]


@BOTH
@pytest.mark.req("T00-TUN-02", "SLD-TRN-03")
@pytest.mark.parametrize("wrong", ["mdd", "kmf"])
def test_a_wrong_certificate_never_opens_a_tunnel(dialer, listener, wrong):
    pair = Pair(dialer, listener, **{wrong: STRANGER})
    judge = pair.at_mdd if wrong == "kmf" else pair.at_kmf
    assert [type(event) for event in judge] == [TunnelFailed]
    assert not pair.dialer.opened
    other = pair.at_kmf if wrong == "kmf" else pair.at_mdd
    assert TunnelOpened not in map(type, other)


@BOTH
def test_the_end_is_told(dialer, listener):
    pair = Pair(dialer, listener)
    pair.dialer.close_tunnel(TUNNEL, 0)
    pair.settle()
    assert isinstance(pair.at_kmf[-1], TunnelClosed)
    again = Pair(dialer, listener)
    again.listener.close(0)
    again.settle()
    assert isinstance(again.at_mdd[-1], TunnelClosed)


def odd_version(kind: int, body: bytes) -> bytes:
    """The own certificate with X.509 version 8, which OpenSSL parses and others refuse to."""
    if kind != HandshakeType.CERTIFICATE:
        return body
    assert body.count(b"\xa0\x03\x02\x01\x02") == 1
    return body.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07")


def test_a_certificate_that_hardly_parses_is_refused_like_any_other():
    listener = TunnelListener(acceptor("openssl", KMF, MDD))
    config = DtlsConfig(STRANGER, only({KMF.fingerprint}), random=os.urandom, tamper=odd_version)
    pair = Pair.__new__(Pair)
    pair.dialer, pair.listener = TunnelDialer(TUNNEL, engine_client(config), KMF_ADDR), listener
    pair.at_mdd, pair.at_kmf = [], []
    pair.dialer.start(0)
    pair.settle()
    assert [type(event) for event in pair.at_kmf] == [TunnelFailed]
    assert [type(event) for event in pair.at_mdd] == [TunnelFailed]

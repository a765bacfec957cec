# SPDX-License-Identifier: GPL-2.0-only
"""Links of the own engine: stateless cookies, and certificates judged by fingerprint on both sides."""

from __future__ import annotations

import pytest

from perc_scapy.codes import AlertDescription
from perc_scapy.dtls import DtlsServer, PeerInfo
from perc_scapy.tunnel.carrier import EngineAcceptor, engine_client, only
from perc_scapy.tunnel.links import is_client_hello
from tests.tunnel.carriers import KMF, MDD, STRANGER, config


def hello() -> tuple[object, bytes]:
    client = engine_client(config(MDD, KMF))()
    client.start(0.0)
    return client, client.datagrams_to_send(0.0)[0]


@pytest.mark.req("T00-TUN-03")
def test_a_link_exists_only_after_its_cookie_came_back() -> None:
    acceptor = EngineAcceptor(config(KMF, MDD))
    client, first = hello()
    replies, link = acceptor.accept(first, "mdd", 0.0)
    assert link is None
    assert len(replies) == 1
    assert len(replies[0]) < len(first)
    client.receive_datagram(replies[0], 0.0)  # type: ignore[attr-defined]
    second = client.datagrams_to_send(0.0)[0]  # type: ignore[attr-defined]
    replies, link = acceptor.accept(second, "mdd", 0.0)
    assert isinstance(link, DtlsServer)
    assert link.handshake_started, "the link has taken the datagram already"
    assert not replies


def test_a_cookie_is_good_for_its_address_only() -> None:
    acceptor = EngineAcceptor(config(KMF, MDD))
    client, first = hello()
    client.receive_datagram(acceptor.accept(first, "mdd", 0.0)[0][0], 0.0)  # type: ignore[attr-defined]
    second = client.datagrams_to_send(0.0)[0]  # type: ignore[attr-defined]
    assert acceptor.accept(second, "elsewhere", 0.0)[1] is None


@pytest.mark.parametrize("noise", [b"", b"\x16", bytes(200), b"\x17\xfe\xfd" + bytes(60)])
def test_noise_gets_no_answer(noise: bytes) -> None:
    assert EngineAcceptor(config(KMF, MDD)).accept(noise, "x", 0.0) == ([], None)


def test_only_names_the_alerts() -> None:
    trusted = {MDD.fingerprint}
    verify = only(trusted)

    def peer(fingerprint: str | None) -> PeerInfo:
        return PeerInfo((), fingerprint, None, (), ())

    assert verify(peer(MDD.fingerprint)) is None
    assert verify(peer(STRANGER.fingerprint)) == AlertDescription.ACCESS_DENIED
    assert verify(peer(None)) == AlertDescription.HANDSHAKE_FAILURE
    trusted.add(STRANGER.fingerprint)
    assert verify(peer(STRANGER.fingerprint)) is None, "the list may change later"


def test_what_a_client_hello_looks_like() -> None:
    _, first = hello()
    assert is_client_hello(first)
    assert not is_client_hello(first[:13])
    assert not is_client_hello(b"\x17" + first[1:])
    assert not is_client_hello(first[:3] + b"\0\1" + first[5:])
    assert not is_client_hello(first[:13] + b"\x02" + first[14:])

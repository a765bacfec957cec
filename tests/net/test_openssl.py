# SPDX-License-Identifier: GPL-2.0-only
"""OpenSSL's DTLS as tunnel: handshake, certificates, records, loss and the end."""

from __future__ import annotations

import os
import time

import pytest
from OpenSSL import SSL

from perc_scapy.dtls.identity import Identity
from perc_scapy.errors import LocalError
from perc_scapy.net.openssl import OpensslContext, OpensslLink
from perc_scapy.net.openssl_accept import OpensslAcceptor
from tests.net.tunnel_pair import (
    ApplicationDataReceived,
    ConnectionClosed,
    HandshakeCompleted,
    accept_all,
    carry,
    events,
    of,
    opened,
    settle,
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
    assert not server.established


@pytest.mark.req("T00-TUN-07")
def test_one_record_one_datagram_up_to_the_dtls_limit():
    client, server = pair()
    events(client), events(server)
    payloads = [b"a", b"b" * 1400, b"c" * 16384]
    for payload in payloads:
        client.send_application(payload)
    datagrams = client.datagrams_to_send(0)
    assert len(datagrams) == 3
    assert all(datagram[0] == 23 for datagram in datagrams)
    for datagram in datagrams:
        server.receive_datagram(datagram, 0)
    assert [event.data for event in events(server)] == payloads
    with pytest.raises(LocalError):
        client.send_application(b"d" * 16385)
    client.send_application(b"still there")
    settle(client, server)
    assert events(server)[-1].data == b"still there"


def test_flights_fit_1200_octets_and_there_is_no_ticket():
    acceptor = OpensslAcceptor(KMF, accept_all, random=os.urandom)
    client = OpensslContext(MDD, accept_all).client()
    client.start(0)
    (first,) = client.datagrams_to_send(0)
    (reply,), none = acceptor.accept(first, "a", 0)
    assert none is None
    client.receive_datagram(reply, 0)
    (second,) = client.datagrams_to_send(0)
    _, server = acceptor.accept(second, "a", 0)
    (flight,) = server.datagrams_to_send(0)
    client.receive_datagram(flight, 0)
    (answer,) = client.datagrams_to_send(0)
    server.receive_datagram(answer, 0)
    (last,) = server.datagrams_to_send(0)
    assert len(last) == 75  # ChangeCipherSpec and Finished, nothing else
    assert max(map(len, (first, second, flight, answer))) <= 1200


def test_the_keylog_has_one_line_a_session_and_no_newline():
    lines: list[str] = []
    pair(keylog=lines.append)
    assert [line.split()[0] for line in lines] == ["CLIENT_RANDOM"]
    assert "\n" not in lines[0]


@pytest.mark.req("T00-TUN-08")
def test_a_lost_datagram_of_the_tunnel_is_never_sent_again():
    client, server = pair()
    events(server)
    client.send_application(b"lost")
    client.datagrams_to_send(0)
    client.send_application(b"comes")
    settle(client, server)
    assert [event.data for event in events(server)] == [b"comes"]
    assert client.get_timer() is None
    assert server.get_timer() is None


def test_a_lost_last_flight_is_repeated_on_request():
    acceptor = OpensslAcceptor(KMF, accept_all, random=os.urandom)
    client = OpensslContext(MDD, accept_all).client()
    client.start(0)
    server = None
    while server is None:
        for datagram in client.datagrams_to_send(0):
            replies, server = acceptor.accept(datagram, "a", 0)
            for reply in replies:
                client.receive_datagram(reply, 0)
    carry(server, client, 0)
    flight = client.datagrams_to_send(0)
    for datagram in flight:
        server.receive_datagram(datagram, 0)
    assert server.established
    server.datagrams_to_send(0)  # lost
    assert not client.established
    assert 0 < client.get_timer() <= 1.0
    time.sleep(1.05)  # OpenSSL repeats by its own clock
    client.handle_timer(client.get_timer())
    settle(client, server)
    assert client.established


def test_close_notify_reaches_the_other_side():
    client, server = pair()
    events(client), events(server)
    client.close(0)
    settle(client, server)
    (ours,), (theirs,) = events(client), events(server)
    assert (ours.local, theirs.local) == (True, False)
    assert theirs.alert == 0
    with pytest.raises(LocalError):
        server.send_application(b"too late")
    client.close(1)
    client.receive_datagram(b"\x17" * 40, 1)
    assert events(client) == []


def test_garbage_changes_nothing():
    client, server = pair()
    events(server)
    for noise in (
        b"",
        b"\0",
        os.urandom(60),
        b"\x17\xfe\xfd\0\1" + bytes(6) + b"\0\x10" + bytes(16),
    ):
        server.receive_datagram(noise, 0)
    assert events(server) == []
    client.send_application(b"alive")
    settle(client, server)
    assert events(server)[0].data == b"alive"


def test_truncated_and_flipped_datagrams_of_a_handshake_raise_nothing():
    acceptor = OpensslAcceptor(KMF, accept_all, random=os.urandom)
    client = OpensslContext(MDD, accept_all).client()
    client.start(0)
    (hello,) = client.datagrams_to_send(0)
    for length in range(0, len(hello), 7):
        victim = OpensslContext(MDD, accept_all).client()
        victim.start(0)
        victim.receive_datagram(hello[:length], 0)
        acceptor.accept(hello[:length], "a", 0)
        acceptor.accept(hello[:length] + b"\xff" + hello[length + 1 :], "a", 0)
    assert opened(OpensslContext(MDD, accept_all).client(), acceptor).established

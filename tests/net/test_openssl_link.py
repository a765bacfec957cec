# SPDX-License-Identifier: GPL-2.0-only
"""OpenSSL's DTLS as tunnel: records, flights, loss and the end."""

from __future__ import annotations

import os
import time

import pytest

from perc_scapy.dtls.identity import Identity
from perc_scapy.errors import LocalError
from perc_scapy.net.openssl import OpensslContext
from perc_scapy.net.openssl_accept import OpensslAcceptor
from tests.net.tunnel_pair import (
    accept_all,
    carry,
    events,
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

# SPDX-License-Identifier: GPL-2.0-only
"""The cookie exchange at the KMF's tunnel port."""

from __future__ import annotations

import os

import pytest

from perc_scapy.dtls.identity import Identity
from perc_scapy.net.openssl import OpensslContext
from perc_scapy.net.openssl_accept import COOKIE_PERIOD, OpensslAcceptor
from tests.net.tunnel_pair import accept_all, opened

KMF, MDD = Identity.generate("kmf"), Identity.generate("mdd")
HERE, THERE = ("192.0.2.1", 7), ("192.0.2.9", 7)


@pytest.fixture
def acceptor():
    return OpensslAcceptor(KMF, accept_all, random=os.urandom)


def hello():
    client = OpensslContext(MDD, accept_all).client()
    client.start(0)
    (datagram,) = client.datagrams_to_send(0)
    return client, datagram


def with_cookie(acceptor, addr=HERE, now=0.0):
    client, first = hello()
    (reply,), _ = acceptor.accept(first, addr, now)
    client.receive_datagram(reply, 0)
    (second,) = client.datagrams_to_send(0)
    return second


@pytest.mark.req("T00-TUN-03")
def test_no_server_hello_without_the_cookie(acceptor):
    _, first = hello()
    (reply,), link = acceptor.accept(first, HERE, 0)
    assert link is None
    assert reply[13] == 3  # HelloVerifyRequest and nothing behind it
    assert len(reply) == 13 + 12 + 3 + 32
    assert len(reply) <= len(first)


@pytest.mark.req("T00-TUN-03")
def test_the_cookie_opens_the_door_for_its_address_only(acceptor):
    second = with_cookie(acceptor)
    replies, link = acceptor.accept(second, THERE, 0)
    assert link is None
    assert replies[0][13] == 3
    replies, link = acceptor.accept(second, HERE, 0)
    assert replies == []
    assert link.datagrams_to_send(0)[0][13] == 2  # ServerHello


def test_a_cookie_grows_old(acceptor):
    second = with_cookie(acceptor)
    assert acceptor.accept(second, HERE, COOKIE_PERIOD * 2)[1] is None
    assert acceptor.accept(with_cookie(acceptor), HERE, COOKIE_PERIOD * 1.5)[1] is not None


def test_another_process_does_not_know_the_cookie(acceptor):
    other = OpensslAcceptor(KMF, accept_all, random=os.urandom)
    assert other.accept(with_cookie(acceptor), HERE, 0)[1] is None


def test_hellos_of_many_clients_leave_nothing_behind(acceptor):
    before = acceptor._listening
    for port in range(50):
        acceptor.accept(hello()[1], ("192.0.2.1", port), 0)
    assert acceptor._listening is before


@pytest.mark.parametrize(
    "noise", [b"", b"\x16", bytes(13), bytes(5000), b"\x16\xfe\xfd" + bytes(60)]
)
def test_noise_gets_no_answer_and_does_not_block_the_door(acceptor, noise):
    assert acceptor.accept(noise, THERE, 0) == ([], None)
    client = OpensslContext(MDD, accept_all).client()
    assert opened(client, acceptor, HERE).established


@pytest.mark.req("T00-KMF-01", "T00-TUN-04")
def test_several_tunnels_from_one_mdd(acceptor):
    links = [
        opened(OpensslContext(MDD, accept_all).client(), acceptor, ("192.0.2.1", port))
        for port in range(3)
    ]
    assert all(link.established for link in links)

# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import errno
import os
import select
import socket
import time

import pytest

from perc_scapy.errors import MissingToolError
from perc_scapy.net.address import Address, parse_address
from perc_scapy.net.udp import BURST, UdpSocket

LOOPBACK = Address("127.0.0.1", 0)


class Recorder:
    def __init__(self) -> None:
        self.seen: list[tuple] = []

    def datagram(self, time, src, dst, data) -> None:
        self.seen.append((src, dst, data))


@pytest.fixture
def opened():
    sockets: list[UdpSocket] = []

    def make(*arguments, **options) -> UdpSocket:
        sockets.append(UdpSocket(*arguments, **options))
        return sockets[-1]

    yield make
    for each in sockets:
        each.close()


def arrived(sock: UdpSocket, count: int) -> list[tuple[bytes, tuple]]:
    found: list[tuple[bytes, tuple]] = []
    while len(found) < count:
        assert select.select([sock], [], [], 5)[0], f"only {len(found)} of {count} arrived"
        found += sock.received()
    return found


def test_datagrams_cross_and_an_empty_socket_does_not_block(opened):
    a, b = opened(LOOPBACK), opened(LOOPBACK)
    assert list(a.received()) == []
    for n in range(5):
        b.send(bytes((n,)), a.address)
    assert arrived(a, 5) == [(bytes((n,)), b.address) for n in range(5)]


def test_one_reading_is_a_bounded_burst(opened):
    a, b = opened(LOOPBACK), opened(LOOPBACK)
    for _ in range(BURST + 10):
        b.send(b"x", a.address)
    assert select.select([a], [], [], 5)[0]
    time.sleep(0.05)
    assert len(list(a.received())) == BURST
    assert len(list(a.received())) == 10


def test_a_socket_with_a_peer_hears_nobody_else(opened):
    server, stranger = opened(LOOPBACK), opened(LOOPBACK)
    client = opened(peer=parse_address(str(server)))
    stranger.send(b"psst", client.address)
    client.send(b"hello", None)
    assert arrived(server, 1) == [(b"hello", client.address)]
    server.send(b"welcome", client.address)
    assert arrived(client, 1) == [(b"welcome", server.address)]


def test_a_closed_port_is_counted_not_raised(opened):
    gone = UdpSocket(LOOPBACK)
    client = opened(peer=parse_address(str(gone)))
    gone.close()
    for _ in range(3):
        client.send(b"anybody?", None)
        time.sleep(0.01)
        assert list(client.received()) == []
    assert client.counters["unreachable"] + client.counters["not_sent"] >= 1


def test_the_report_of_a_closed_port_costs_no_later_datagram(opened):
    gone = UdpSocket(LOOPBACK)
    place = parse_address(str(gone))
    client = opened(peer=place)
    gone.close()
    client.send(b"too early", None)
    server = opened(place)
    client.send(b"in time", None)
    assert arrived(server, 1) == [(b"in time", client.address)]
    assert client.counters == {"unreachable": 1}


def test_what_does_not_fit_is_counted(opened):
    a = opened(LOOPBACK)
    a.send(bytes(70000), ("127.0.0.1", 9))
    assert a.counters == {"not_sent": 1}


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (Address("203.0.113.7", 0), "is no address of this machine"),
        (Address("no..name", 0), "host name is unknown"),
    ],
)
def test_an_address_that_cannot_be_had(address, says):
    with pytest.raises(MissingToolError, match=says):
        UdpSocket(address)


def test_a_port_in_use_is_named(opened):
    first = opened(LOOPBACK)
    with pytest.raises(MissingToolError, match=rf"UDP {first} is in use; choose another port"):
        UdpSocket(parse_address(str(first)))


def test_the_tap_sees_both_directions_with_both_addresses(opened):
    tap = Recorder()
    a, b = opened(LOOPBACK, tap=tap), opened(LOOPBACK)
    a.send(b"out", b.address)
    b.send(b"in", a.address)
    arrived(a, 1)
    assert tap.seen == [(a.address, b.address, b"out"), (b.address, a.address, b"in")]


def test_the_tap_of_a_socket_on_all_addresses_knows_the_one_in_use(opened):
    tap = Recorder()
    everywhere = opened(Address("0.0.0.0", 0), tap=tap)
    b = opened(LOOPBACK)
    b.send(b"in", ("127.0.0.1", everywhere.address[1]))
    arrived(everywhere, 1)
    assert tap.seen == [(b.address, ("127.0.0.1", everywhere.address[1]), b"in")]


def test_ipv6(opened):
    try:
        probe = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    probe.close()
    a, b = opened(Address("::1", 0)), opened(Address("::1", 0))
    b.send(b"six", a.address)
    assert arrived(a, 1)[0][0] == b"six"
    assert str(a).startswith("[::1]:")


def test_both_buffers_are_larger_than_the_system_gives(opened):
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with socket.socket(fileno=os.dup(opened(LOOPBACK).fileno())) as ours, plain:
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            asked = [each.getsockopt(socket.SOL_SOCKET, buffer) for each in (ours, plain)]
            plain.setsockopt(socket.SOL_SOCKET, buffer, 4 << 20)
            assert asked[0] == plain.getsockopt(socket.SOL_SOCKET, buffer)


class Broken:
    """A socket that has `errors` errors to tell, then nothing."""

    def __init__(self, errors: int) -> None:
        self.errors = errors

    def recvfrom(self, size):
        self.errors -= 1
        if self.errors < 0:
            raise BlockingIOError
        raise OSError(errno.EIO, "Input/output error")

    def close(self) -> None:
        pass


def test_an_error_that_stays_ends_it_with_one_line(opened, monkeypatch):
    a = opened(LOOPBACK)
    a.close()
    monkeypatch.setattr(a, "_socket", Broken(BURST - 1))
    assert list(a.received()) == []
    monkeypatch.setattr(a, "_socket", Broken(10**9))
    with pytest.raises(MissingToolError, match=rf"UDP {a}: Input/output error"):
        list(a.received())

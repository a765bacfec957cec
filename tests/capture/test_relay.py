# SPDX-License-Identifier: GPL-2.0-only
"""The relay that other tests record with: both directions, datagrams and streams."""

from __future__ import annotations

import socket

import pytest

from tests.capture.relay import Relay, free_port, wait_for


def test_datagrams_both_ways() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        with (
            Relay(far.getsockname()[1]) as relay,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
        ):
            near.connect(("127.0.0.1", relay.port))
            near.send(b"up")
            data, back = far.recvfrom(100)
            far.sendto(b"down", back)
            assert (data, near.recv(100)) == (b"up", b"down")
        assert relay.logs == [[("client", b"up"), ("server", b"down")]]


def test_connections_are_told_apart() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as far,
        Relay(far.getsockname()[1], tcp=True) as relay,
    ):
        for number in (b"1", b"2"):
            with socket.create_connection(("127.0.0.1", relay.port)) as near:
                near.sendall(number)
                end, _ = far.accept()
                with end:
                    assert end.recv(10) == number
                    end.sendall(b"ok" + number)
                    assert near.recv(10) == b"ok" + number
        assert relay.logs == [[("client", n), ("server", b"ok" + n)] for n in (b"1", b"2")]


def test_waiting_ends() -> None:
    with pytest.raises(AssertionError, match="did not come true"):
        wait_for(lambda: False, 0.01)
    assert free_port() != 0 != free_port(tcp=True)

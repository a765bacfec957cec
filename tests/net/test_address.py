# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import socket

import pytest

from perc_scapy.errors import ConfigError, MissingToolError
from perc_scapy.net.address import Address, parse_address, resolve, show


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:5000", "127.0.0.1", 5000), ("a.example:0", "a.example", 0), ("[::1]:9", "::1", 9)],
)
def test_usual_forms(text, host, port):
    address = parse_address(text)
    assert address == Address(host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    ["", "127.0.0.1", ":5", "::1:5", "host:", "host:x", "host:70000", "a b:5", "[::1]", 5, None],
)
def test_everything_else_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:5000"):
        parse_address(text)


def test_port_0_is_for_listening():
    with pytest.raises(ConfigError, match="port 0"):
        parse_address("127.0.0.1:0", zero=False)


def test_resolve_and_show():
    assert resolve(Address("127.0.0.1", 7)) == (socket.AF_INET, ("127.0.0.1", 7))
    assert resolve(Address("::1", 7)) == (socket.AF_INET6, ("::1", 7))
    assert show(("::1", 7, 0, 0)) == "[::1]:7"
    with pytest.raises(MissingToolError, match="unknown"):
        resolve(Address("no..such..name", 1))


def test_of_a_name_with_both_everybody_takes_ipv4(monkeypatch):
    six = (socket.AF_INET6, socket.SOCK_DGRAM, 17, "", ("::1", 7, 0, 0))
    four = (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 7))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **how: [six, four])
    assert resolve(Address("localhost", 7)) == (socket.AF_INET, ("127.0.0.1", 7))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **how: [six])
    assert resolve(Address("localhost", 7)) == (socket.AF_INET6, ("::1", 7))

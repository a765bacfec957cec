# SPDX-License-Identifier: GPL-2.0-only
"""Which kind of payload is treated how."""

from __future__ import annotations

import pytest

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.datagrams import DatagramNames
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.pcap.packets import Address
from tests.capture.webrtc import A, B, rtp, stun
from tests.keys.anonymous.test_dtls import anonymous as anonymous_log
from tests.keys.anonymous.test_rtcp import COMPOUND
from tests.keys.anonymous.test_stun import attribute, message

ENDS = (A, B)


def names() -> DatagramNames:
    return DatagramNames(Pseudonyms(bytes(32)), Addresses())


def channel(data: bytes) -> bytes:
    return b"\x40\x01" + len(data).to_bytes(2, "big") + data + bytes(-len(data) % 4)


def test_media_stay() -> None:
    assert names().anonymous(ENDS, rtp(1)) == rtp(1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1 alice",
        b"\x00\x00\x84\x00\x00\x00alice\x05local",  # mDNS
        b"\x10\x00\x00\x00ZRTPalice",
        b"\xc3\x00\x00\x00\x01alice",  # QUIC
        b"\x40",
    ],
)
def test_of_what_is_not_known_nothing_stays(data: bytes) -> None:
    new = names().anonymous(ENDS, data)
    assert len(new) == len(data)
    assert b"alice" not in new
    assert b"HTTP" not in new


@pytest.mark.parametrize("wrap", [channel, lambda data: message(attribute(0x0013, data))])
def test_what_a_relay_carries_is_treated_as_without_it(wrap) -> None:
    found = names()
    for inner in (stun("alice:bobby"), COMPOUND, rtp(2), b"alice is not known"):
        wrapped = wrap(inner)
        new = found.anonymous(ENDS, wrapped)
        assert len(new) == len(wrapped)
        assert names().anonymous(ENDS, inner) in new
        assert b"alice" not in new


def test_nesting_is_bounded() -> None:
    data = b"alice"
    for _ in range(20):
        data = channel(data)
    new = names().anonymous(ENDS, data)
    assert len(new) == len(data)
    assert b"alice" not in new


def test_dtls_in_pieces_through_a_relay() -> None:
    from tests.capture.conversations import recorded

    log = recorded("relay", mtu=150).log
    found = names()
    ends = {"client": (A, B), "server": (B, A)}
    for sender, data in log:
        found.learn(ends[sender], channel(data))
    new = [found.anonymous(ends[sender], channel(data))[4 : 4 + len(data)] for sender, data in log]
    assert new == [data for _, data in anonymous_log(log)]


@pytest.mark.parametrize("ports", [(50000, 53), (5355, 50000), (137, 137), (50000, 5353)])
def test_a_query_whose_id_looks_like_rtp_is_no_media(ports: tuple[int, int]) -> None:
    query = bytes.fromhex("8123 0100 0001 0000 0000 0000") + b"\5alice\7example\0\0\1\0\1"
    ends = tuple(Address("192.0.2.1", port) for port in ports)
    for data in (query, b"\x81\xc8" + query[2:]):
        assert names().anonymous(ends, data) == bytes(len(data))


def test_media_through_the_ports_of_the_web_stay() -> None:
    assert names().anonymous((A, Address("192.0.2.1", 443)), rtp(1)) == rtp(1)


def test_what_is_too_short_for_rtp_does_not_stay() -> None:
    assert names().anonymous(ENDS, b"\x80alice") == bytes(6)

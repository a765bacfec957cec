# SPDX-License-Identifier: GPL-2.0-only
"""IP headers of both versions, built by Scapy, whole and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH

from perc_scapy.pcap.ip import TCP, read_ip

CHAIN = IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting(addresses=["::9"], segleft=0) / IPv6ExtHdrDestOpt()


def test_ipv4_with_options_and_padding() -> None:
    packet = bytes(IP(src="1.2.3.4", dst="5.6.7.8", proto=6, options=b"\x01" * 8) / b"body")
    part = read_ip(b"link" + packet + bytes(20), 4)
    assert part == (b"\1\2\3\4", b"\5\6\7\x08", TCP, b"body", 0, None)


@pytest.mark.parametrize(
    "extensions", [CHAIN, CHAIN / AH(icv=bytes(12), nh=17, payloadlen=4), IPv6ExtHdrFragment()]
)
def test_ipv6_behind_extension_headers(extensions) -> None:
    """An atomic fragment (RFC 6946) is a whole packet."""
    packet = bytes(IPv6(src="::1", dst="::2") / extensions / UDP(sport=1, dport=2) / b"body")
    part = read_ip(packet + b"padding")
    assert (part.protocol, part.body[8:], part.missing, part.fragment) == (17, b"body", 0, None)


def test_where_a_fragment_belongs() -> None:
    four = read_ip(bytes(IP(id=513, flags="MF", frag=3, proto=17) / b"x"))
    assert (four.fragment.offset, four.fragment.more) == (24, True)
    head = IPv6(src="::1", dst="::2") / IPv6ExtHdrFragment(id=9, offset=5, m=0, nh=17)
    six = read_ip(bytes(head / b"piece"))
    assert (six.fragment.offset, six.fragment.more, six.body) == (40, False, b"piece")
    assert six.fragment.key == (six.src, six.dst, b"\0\0\0\x09")


def test_what_the_capture_lacks_is_counted() -> None:
    for packet in (IP(proto=17) / bytes(90), IPv6(nh=17) / bytes(90)):
        assert read_ip(bytes(packet)[:-30]).missing == 30


@given(st.binary(min_size=1, max_size=80))
def test_no_octets_raise(data: bytes) -> None:
    for first in (0x45, 0x4F, 0x60):
        part = read_ip(bytes((first,)) + data)
        assert part is None or part.missing >= 0

# SPDX-License-Identifier: GPL-2.0-only
"""Frames to datagrams, frames built by Scapy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop
from scapy.layers.l2 import Ether

from perc_scapy.pcap import exported
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.links import LINK_TYPES
from perc_scapy.pcap.packets import Address, Datagram, Segment, datagram_of, datagrams, payloads
from perc_scapy.pcap.streams import StreamChunk, in_order


def frame(packet: bytes, link_type: int = 101) -> Frame:
    return Frame(9, 2_500_000_000, link_type, packet, len(packet))


def test_ipv4_with_options_and_ethernet_padding() -> None:
    packet = IP(src="1.2.3.4", dst="5.6.7.8", options=b"\x01" * 4) / UDP(sport=7, dport=8) / b"hi"
    padded = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet) + bytes(14)
    expected = Datagram(9, 2.5, Address("1.2.3.4", 7), Address("5.6.7.8", 8), b"hi")
    assert datagram_of(frame(padded, 1)) == expected


def test_ipv6_with_extension_headers() -> None:
    inner = UDP(sport=7, dport=8) / b"hi"
    packet = IPv6(src="::1", dst="::2") / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / inner
    found = datagram_of(frame(bytes(packet)))
    assert found is not None
    assert (str(found.src), str(found.dst), found.data) == ("[::1]:7", "[::2]:8", b"hi")


def test_both_directions_are_one_flow() -> None:
    there = datagram_of(frame(bytes(IP(src="1.1.1.1", dst="2.2.2.2") / UDP(sport=1, dport=2))))
    back = datagram_of(frame(bytes(IP(src="2.2.2.2", dst="1.1.1.1") / UDP(sport=2, dport=1))))
    assert there is not None
    assert back is not None
    assert there.flow == back.flow


def test_a_snapshot_length_is_told() -> None:
    whole = bytes(IP(src="1.1.1.1", dst="2.2.2.2") / UDP(sport=1, dport=2) / bytes(100))
    cut = datagram_of(frame(whole[:60]))
    assert cut is not None
    assert (len(cut.data), cut.missing) == (32, 68)


def test_what_is_no_datagram_is_left_out() -> None:
    big = IP(src="1.1.1.1", dst="2.2.2.2") / UDP(sport=1, dport=2) / bytes(3000)
    others = [IP() / TCP(), IPv6() / TCP(), *fragment(big, 1000)[1:]]
    assert not list(datagrams(frame(bytes(packet)) for packet in others))


@pytest.mark.parametrize("packet", [IP() / UDP() / b"abc", IPv6() / IPv6ExtHdrDestOpt() / UDP()])
def test_truncated_headers_never_raise(packet) -> None:
    whole = bytes(packet)
    for length in range(len(whole)):
        found = datagram_of(frame(whole[:length]))
        assert found is None or found.missing


LINKS = st.sampled_from([*LINK_TYPES, exported.LINKTYPE, 147])
FRONT = st.sampled_from([b"", b"\x45\0\0\x40\0\0\0\0\x40\x11", b"\x45\0\0\x40\0\0\x20\0\x40\x06",
                         b"\x60\0\0\0\0\x20\x2c\x40", bytes(12) + b"\x81\0\0\1\x08\0\x45"])  # fmt: skip


@given(st.lists(st.tuples(LINKS, FRONT, st.binary(max_size=80)), max_size=20))
def test_no_frames_raise(frames: list[tuple[int, bytes, bytes]]) -> None:
    seen = (Frame(n, n, link, a + b, 0) for n, (link, a, b) in enumerate(frames, 1))
    for found in in_order(payloads(seen)):
        assert isinstance(found, Datagram | StreamChunk)


def test_tcp_is_no_datagram_but_a_payload() -> None:
    packet = frame(bytes(IP(src="1.1.1.1", dst="2.2.2.2") / TCP(sport=1, dport=2) / b"x"))
    assert list(datagrams([packet])) == []
    (found,) = payloads([packet])
    assert isinstance(found, Segment)
    assert found.data == b"x"

# SPDX-License-Identifier: GPL-2.0-only
"""UDP and TCP headers, built by Scapy."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP, UDP

from perc_scapy.pcap.ip import read_ip
from perc_scapy.pcap.transport import ACK, SYN, Address, Datagram, Segment, transport


def test_a_segment_with_options() -> None:
    tcp = TCP(sport=7, dport=8, seq=0xFFFFFFFF, ack=5, flags="SA", options=[("MSS", 1400)])
    part = read_ip(bytes(IP(src="1.2.3.4", dst="5.6.7.8") / tcp / b"hi"))
    found = transport(3, 1.5, part)
    expected = Segment(
        3, 1.5, Address("1.2.3.4", 7), Address("5.6.7.8", 8), 0xFFFFFFFF, 5, SYN | ACK, b"hi"
    )
    assert found == expected
    assert found.flow == frozenset((found.src, found.dst))
    assert found.numbers == (3,)


@pytest.mark.parametrize("layer", [TCP(options=[("NOP", None)] * 4), UDP()])
def test_headers_cut_short_are_nothing(layer) -> None:
    whole = bytes(IP() / layer)
    for length in range(20, len(whole)):
        part = read_ip(whole[:length])
        assert part is None or transport(1, 0.0, part) is None


def test_a_header_length_that_cannot_be() -> None:
    packet = bytearray(bytes(IP() / TCP()))
    packet[32] = 0x40
    assert transport(1, 0.0, read_ip(bytes(packet))) is None


def test_other_protocols_are_nothing() -> None:
    assert transport(1, 0.0, read_ip(bytes(IP(proto=132) / bytes(40)))) is None


def test_addresses_print_as_people_write_them() -> None:
    assert str(Address("1.2.3.4", 5)) == "1.2.3.4:5"
    assert str(Address("fe80::1", 5)) == "[fe80::1]:5"


def test_numbers_of_fragments() -> None:
    datagram = Datagram(9, 0.0, Address("1", 1), Address("2", 2), b"", fragments=(4, 9))
    assert datagram.numbers == (4, 9)

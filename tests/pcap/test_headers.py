# SPDX-License-Identifier: GPL-2.0-only
"""Synthetic headers, judged by Scapy's own checksums."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from perc_scapy.errors import EncodeError, LocalError
from perc_scapy.pcap.headers import internet_checksum, ip_udp


@pytest.mark.parametrize("payload", [b"", b"x", b"perc", bytes(range(256)) * 5, b"\xff" * 301])
def test_ipv4_equals_what_scapy_builds(payload: bytes) -> None:
    ours = ip_udp(("127.0.0.1", 5004), ("10.1.2.3", 6), payload)
    built = (
        IP(src="127.0.0.1", dst="10.1.2.3", id=0, flags="DF") / UDP(sport=5004, dport=6) / payload
    )
    assert ours == bytes(built)


@pytest.mark.parametrize("payload", [b"", b"odd", bytes(1200)])
def test_ipv6_equals_what_scapy_builds(payload: bytes) -> None:
    ours = ip_udp(("::1", 5004, 0, 0), ("fe80::2%lo", 6, 0, 3), payload)
    assert ours == bytes(IPv6(src="::1", dst="fe80::2") / UDP(sport=5004, dport=6) / payload)


def test_a_computed_zero_checksum_is_sent_as_ones() -> None:
    """RFC 768: zero would mean that there is none."""
    plain = ip_udp(("127.0.0.1", 1), ("127.0.0.1", 2), b"\0\0")
    zero = ip_udp(("127.0.0.1", 1), ("127.0.0.1", 2), plain[26:28])
    assert zero[26:28] == b"\xff\xff"


def test_checksum_of_a_sum_that_is_all_ones_is_zero() -> None:
    assert internet_checksum(b"\xff\xff") == 0
    assert internet_checksum(b"") == internet_checksum(b"\0\0")


def test_mixed_families_meet_in_ipv6() -> None:
    packet = IPv6(ip_udp(("127.0.0.1", 1), ("::1", 2), b"x"))
    assert packet.src == "::ffff:127.0.0.1"


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(LocalError):
        ip_udp(("localhost", 1), ("127.0.0.1", 2), b"")
    with pytest.raises(EncodeError):
        ip_udp(("127.0.0.1", 1), ("127.0.0.1", 2), bytes(65508))

# SPDX-License-Identifier: GPL-2.0-only
"""Link layers, built by Scapy."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback

from perc_scapy.pcap.links import LINK_TYPES, ip_offset, ip_packet

V4 = IP(src="1.2.3.4", dst="5.6.7.8") / UDP(sport=1, dport=2) / b"x"
V6 = IPv6(src="::1", dst="::2") / UDP(sport=1, dport=2) / b"x"
MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}


@pytest.mark.parametrize("inner", [V4, V6])
@pytest.mark.parametrize(
    ("link_type", "outer"),
    [
        (1, Ether(**MACS)),
        (1, Ether(**MACS) / Dot1Q(vlan=5)),
        (1, Ether(**MACS) / Dot1Q(vlan=5) / Dot1Q(vlan=6)),
        (113, CookedLinux()),
        (276, CookedLinuxV2()),
    ],
)
def test_scapy_frames(link_type: int, outer, inner) -> None:
    assert ip_packet(link_type, bytes(outer / inner)) == bytes(inner)


@pytest.mark.parametrize("link_type", [12, 14, 101, 228, 229])
def test_raw(link_type: int) -> None:
    assert ip_packet(link_type, bytes(V6)) == bytes(V6)


@pytest.mark.parametrize("prefix", ["00000002", "02000000", "1e000000", "0000001c", "0000000a"])
def test_loopback_families_of_all_systems(prefix: str) -> None:
    inner = V4 if "2" in prefix else V6
    assert ip_packet(0, bytes.fromhex(prefix) + bytes(inner)) == bytes(inner)
    assert bytes(Loopback(type=2) / V4)[4:] == bytes(V4)


def test_other_protocols_and_fragments_of_headers_are_not_ip() -> None:
    arp = bytes(Ether(**MACS, type=0x0806)) + bytes(28)
    assert ip_packet(1, arp) is None
    assert ip_packet(147, bytes(V4)) is None
    for link_type in LINK_TYPES:
        for length in range(24):
            assert ip_packet(link_type, bytes(length)) is None


def test_a_tag_in_a_cooked_frame_and_pppoe() -> None:
    tagged = bytes(CookedLinuxV2(proto=0x8100)) + b"\0\5\x08\0" + bytes(V4)
    assert ip_packet(276, tagged) == bytes(V4)
    session = bytes(Ether(**MACS, type=0x8864)) + b"\x11\0\0\1" + b"\0\x2a"
    assert ip_packet(1, session + b"\0\x21" + bytes(V4)) == bytes(V4)
    assert ip_packet(1, session + b"\xc0\x21" + bytes(V4)) is None


def test_the_offset_leaves_the_link_layer_to_be_kept() -> None:
    frame = bytes(Ether(**MACS) / Dot1Q(vlan=3) / V4)
    assert ip_offset(1, frame) == 18
    assert ip_offset(999, frame) == -1

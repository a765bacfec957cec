# SPDX-License-Identifier: GPL-2.0-only
"""Offsets in a frame are where the octets are."""

import pytest

from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import PayloadReader
from perc_scapy.view.places import describe, payload_offset

ETHERNET = b"\x02" * 12


@pytest.mark.parametrize("host", ["10.0.0.1", "::1"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 18])
def test_a_payload_is_found_in_front_of_padding(host: str, tail: bytes) -> None:
    packet = ip_udp((host, 1), (host, 2), b"\x01\x01")
    kind = b"\x08\0" if "." in host else b"\x86\xdd"
    frame = Frame(1, 0, 1, ETHERNET + kind + packet + tail, 99)
    payload = PayloadReader().read(frame)
    at = payload_offset(frame, payload)
    assert at == 14 + len(packet) - 2
    assert frame.data[at : at + 2] == b"\x01\x01"


def test_what_has_no_payload_is_named() -> None:
    icmp = bytearray(ip_udp(("10.0.0.1", 1), ("10.0.0.2", 2), b"x"))
    icmp[9] = 1
    found = describe(Frame(1, 0, 101, bytes(icmp), 29))
    assert found == ("10.0.0.1", "10.0.0.2", ["ip"], "ICMP, 9 octets")
    icmp[6:8] = b"\x20\x01"
    assert (
        describe(Frame(1, 0, 101, bytes(icmp), 29)).what
        == "ICMP in an IP fragment, 9 octets from 8"
    )
    assert describe(Frame(1, 0, 101, bytes(icmp[:10]), 29)).what == "IP packet cut short"
    assert describe(Frame(1, 0, 7, b"x", 1)).what == "link type 7, no IP packet"

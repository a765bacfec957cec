# SPDX-License-Identifier: GPL-2.0-only
"""Frames with another payload, judged by Scapy's own lengths and checksums."""

from __future__ import annotations

import io

import pytest
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback
from scapy.layers.ppp import PPPoE

from perc_scapy.errors import EncodeError
from perc_scapy.pcap import exported
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import PayloadReader
from perc_scapy.pcap.pcapng import LINKTYPE_RAW
from perc_scapy.pcap.reader import CaptureReader
from perc_scapy.plain.rewrite import link_type_of, with_payload

V4 = IP(src="1.2.3.4", dst="5.6.7.8", tos=0xB8, id=77, ttl=9, flags="DF")
V6 = IPv6(src="::1", dst="::2", tc=0xB8, fl=99, hlim=9)
ETHERNET = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
PORTS = UDP(sport=5004, dport=6006)


def rewritten(frame: Frame, payload: bytes) -> bytes:
    datagram = PayloadReader().read(frame)
    return with_payload(frame, datagram, payload)


@pytest.mark.parametrize("payload", [b"", b"short", b"longer than what was there before"])
@pytest.mark.parametrize("ip", [V4, V6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize(
    ("link", "front"),
    [
        (1, lambda ip: ETHERNET),
        (1, lambda ip: ETHERNET / Dot1Q(vlan=5) / Dot1Q(vlan=6)),
        (113, lambda ip: CookedLinux()),
        (276, lambda ip: CookedLinuxV2(proto=0x0800 if ip is V4 else 0x86DD)),
        (0, lambda ip: Loopback(type=2 if ip is V4 else 24)),
    ],
)  # fmt: skip
def test_as_if_it_had_been_sent_so(link: int, front, ip, payload: bytes) -> None:
    before = bytes(front(ip) / ip / PORTS / b"the payload before")
    after = rewritten(Frame(1, 0, link, before, len(before)), payload)
    assert after == bytes(front(ip) / ip / PORTS / payload)
    assert link_type_of(link) == link


def test_options_extension_headers_and_padding_are_gone() -> None:
    options = IP(src="1.2.3.4", dst="5.6.7.8", options=b"\x01" * 4) / PORTS / b"x"
    padded = bytes(ETHERNET / options) + bytes(20)
    plain = ETHERNET / IP(src="1.2.3.4", dst="5.6.7.8") / PORTS / b"new"
    assert rewritten(Frame(1, 0, 1, padded, 0), b"new") == bytes(plain)
    chained = bytes(V6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / PORTS / b"x")
    assert rewritten(Frame(1, 0, 101, chained, 0), b"new") == bytes(V6 / PORTS / b"new")


def test_of_fragments_one_packet_is_made() -> None:
    packet = IP(bytes(IP(src="1.2.3.4", dst="5.6.7.8", id=3) / PORTS / bytes(3000)))
    reader = PayloadReader()
    for n, piece in enumerate(fragment(packet, 1000), 1):
        frame = Frame(n, 0, 101, bytes(piece), 0)
        datagram = reader.read(frame)
    expected = IP(src="1.2.3.4", dst="5.6.7.8", id=3) / PORTS / b"new"
    assert with_payload(frame, datagram, b"new") == bytes(expected)


def test_the_length_of_pppoe() -> None:
    before = bytes(ETHERNET / PPPoE(sessionid=4) / b"\x00\x21" / V4 / PORTS / b"before")
    after = rewritten(Frame(1, 0, 1, before, 0), b"afterwards")
    assert Ether(after)[PPPoE].len == len(after) - 14 - 6
    assert after.endswith(bytes(V4 / PORTS / b"afterwards"))


def test_an_exported_pdu_becomes_raw_ip() -> None:
    stream = io.BytesIO()
    ends = exported.Address("1.2.3.4", 5), exported.Address("5.6.7.8", 6)
    exported.ExportedPduWriter(stream).packet(1, "rtp", b"before", *ends)
    (frame,) = CaptureReader(io.BytesIO(stream.getvalue()))
    packet = IP(rewritten(frame, b"after"))
    assert (packet.src, packet.dst, packet[UDP].dport, bytes(packet[UDP].payload)) == (
        "1.2.3.4", "5.6.7.8", 6, b"after",
    )  # fmt: skip
    assert link_type_of(frame.link_type) == LINKTYPE_RAW


@pytest.mark.parametrize("ip", [V4, V6])
def test_what_does_not_fit(ip) -> None:
    frame = Frame(1, 0, 101, bytes(ip / PORTS / b"x"), 0)
    with pytest.raises(EncodeError):
        rewritten(frame, bytes(65530))

# SPDX-License-Identifier: GPL-2.0-only
"""IP packets: addresses, checksums, fragments, and what else IP carries. Scapy says what is right."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    PadN,
    fragment6,
)
from scapy.packet import Raw

from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.transport import IpNames
from tests.capture.webrtc import rtp, stun
from tests.keys.anonymous.test_tls import STREAM

V4 = {"src": "203.0.113.77", "dst": "198.51.100.66"}
V6 = {"src": "2a00:1450::77", "dst": "2a00:1450::66"}
OLD = [
    bytes([203, 0, 113, 77]),
    bytes([198, 51, 100, 66]),
    bytes.fromhex("2a001450") + bytes(11) + b"\x77",
]


def anonymous(*packets: object, cut: bool = False) -> list[bytes]:
    names, raw = IpNames(Pseudonyms(bytes(32))), [bytes(p) for p in packets]
    for number, packet in enumerate(raw, 1):
        names.learn(number, number, packet)
    found = [names.anonymous(number, packet, cut=cut) for number, packet in enumerate(raw, 1)]
    assert [len(data) for data in found] == [len(packet) for packet in raw]
    for data in found:
        assert not [address for address in OLD if address in data]
    return found


def checked(data: bytes, layer: type) -> object:
    """The packet, if Scapy computes the same checksums."""
    packet = layer(data)
    again = packet.copy()
    for each in (IP, UDP, TCP, ICMP, ICMPv6EchoRequest):
        if each in again:
            del again[each].fields["chksum" if each is not ICMPv6EchoRequest else "cksum"]
    assert bytes(again) == data
    return packet


@pytest.mark.parametrize(("ip", "ends"), [(IP, V4), (IPv6, V6)])
def test_udp_and_tcp_with_right_checksums(ip: type, ends: dict[str, str]) -> None:
    udp, stunned, tcp = anonymous(
        ip(**ends) / UDP(sport=5001, dport=5002) / Raw(rtp(1)),
        ip(**ends) / UDP(sport=5001, dport=5002) / Raw(stun("alice:bobby")),
        ip(**ends) / TCP(sport=5001, dport=5002, seq=5, flags="A") / Raw(STREAM),
    )
    assert bytes(checked(udp, ip)[UDP].payload) == rtp(1)
    assert b"alice" not in bytes(checked(stunned, ip))
    assert b"alice.local" not in bytes(checked(tcp, ip))


def test_a_datagram_without_a_checksum_stays_without() -> None:
    (data,) = anonymous(IP(**V4) / UDP(sport=5001, dport=5002, chksum=0) / Raw(rtp(1)))
    assert IP(data)[UDP].chksum == 0


def test_a_packet_cut_short_has_no_checksum() -> None:
    packet = bytes(IP(**V4) / UDP(sport=5001, dport=5002) / Raw(rtp(1)))
    (data,) = anonymous(packet[:-5], cut=True)
    assert IP(data)[UDP].chksum == 0


def test_options_and_extension_headers_are_emptied() -> None:
    route = (
        IP(**V4, options=[b"\x07\x0b\x04" + OLD[0] + OLD[1], b"\0"])
        / UDP(sport=5001, dport=5002)
        / Raw(rtp(1))
    )
    (data,) = anonymous(route)
    assert data[20:32] == b"\x01" * 12
    assert IP(data)[UDP].payload
    hop = (
        IPv6(**V6)
        / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"al")])
        / IPv6ExtHdrDestOpt()
        / UDP(sport=5001, dport=5002)
        / Raw(rtp(1))
    )
    (data,) = anonymous(hop)
    assert b"al" not in data[40:56]
    assert bytes(IPv6(data)[UDP].payload) == rtp(1)


@pytest.mark.parametrize("version", [4, 6])
def test_fragments_of_a_datagram_with_names(version: int) -> None:
    text = stun("alice" * 20 + ":" + "bobby" * 20)
    if version == 4:
        pieces = fragment(IP(**V4, id=7) / UDP(sport=5001, dport=5002) / Raw(text), 64)
    else:
        pieces = fragment6(
            IPv6(**V6) / IPv6ExtHdrFragment(id=7) / UDP(sport=5001, dport=5002) / Raw(text), 128
        )
    assert len(pieces) > 2
    new = anonymous(*pieces)
    names = IpNames(Pseudonyms(bytes(32)))
    assert not [data for data in new if b"alice" in data or b"bob" in data]
    start = 20 if version == 4 else 48
    whole = b"".join(data[start:] for data in new)
    from perc_scapy.capture.ice import username

    assert username(whole[8:]) == Pseudonyms(bytes(32)).parts(
        b"alice" * 20 + b":" + b"bobby" * 20, b":"
    )
    assert names.addresses is not None
    layer = IP if version == 4 else IPv6
    head = layer(**(V4 | {"src": layer(new[0]).src, "dst": layer(new[0]).dst} if version == 4
                    else {"src": layer(new[0]).src, "dst": layer(new[0]).dst}))  # fmt: skip
    again = head / UDP(sport=5001, dport=5002) / Raw(whole[8:])
    assert bytes(layer(bytes(again))[UDP])[6:8] == whole[6:8]


def test_fragments_whose_packet_is_not_whole_are_emptied() -> None:
    pieces = fragment(IP(**V4, id=7) / UDP(sport=5001, dport=5002) / Raw(b"alice" * 60), 64)
    for data in anonymous(*pieces[:-1]):
        assert data[20:] == bytes(len(data) - 20)


def test_control_messages_lose_what_they_quote() -> None:
    quoted = bytes(IP(**V4) / UDP() / Raw(b"alice"))
    unreachable, echo, other, neighbour = anonymous(
        IP(**V4) / ICMP(type=3, code=1) / Raw(quoted),
        IP(**V4) / ICMP(type=8, id=5, seq=6) / Raw(b"alice"),
        IP(**V4, proto=47) / Raw(b"alice tunnels"),
        IPv6(**V6) / ICMPv6ND_NS(tgt=V6["src"]),
    )
    assert checked(unreachable, IP)[ICMP].type == 3
    assert (checked(echo, IP)[ICMP].id, IP(echo)[ICMP].seq) == (5, 6)
    assert other[20:] == bytes(13)
    assert neighbour[40] == 135
    for data in (unreachable, echo, other):
        assert b"alice" not in data


def test_a_trailer_is_emptied() -> None:
    packet = bytes(IP(**V4) / UDP(sport=5001, dport=5002) / Raw(rtp(1)))
    (data,) = anonymous(packet + b"alice in the padding")
    assert data[len(packet) :] == bytes(20)


@pytest.mark.parametrize("cut", range(48))
def test_any_octets_are_answered(cut: int) -> None:
    v4, v6 = bytes(IP(**V4) / TCP() / Raw(b"alice")), bytes(IPv6(**V6) / UDP() / Raw(b"alice"))
    for packet in (
        v4[: max(cut, 1)],
        v6[: max(cut, 1)],
        b"\x4f" + bytes(cut),
        b"\x60" + b"\xff" * cut,
    ):
        names = IpNames(Pseudonyms(bytes(32)))
        names.learn(1, 1, packet)
        assert len(names.anonymous(1, packet, cut=True)) == len(packet)


def test_tcp_options_that_name_a_machine_become_no_operations() -> None:
    multipath = b"\x03\x01" + OLD[0] + b"\0\0"
    options = [
        ("MSS", 1460),
        ("Timestamp", (0x11223344, 0x55667788)),
        ("WScale", 7),
        (30, multipath),
    ]
    (data,) = anonymous(IP(**V4) / TCP(sport=5001, dport=5002, flags="S", options=options))
    packet = checked(data, IP)
    assert b"\x11\x22\x33\x44" not in data
    kept = [option for option in packet[TCP].options if option[0] not in ("NOP", "EOL")]
    assert kept == [("MSS", 1460), ("WScale", 7)]


@pytest.mark.parametrize(
    "options", [b"\x1e\x00ab", b"\x08\xff\xff\xff", b"\x01\x01\x01\x1e", b"\x02\x04\x05"]
)
def test_tcp_options_that_do_not_add_up_keep_their_length(options: bytes) -> None:
    tcp = bytes(TCP(sport=5001, dport=5002, dataofs=6, flags="A"))[:20] + options.ljust(4, b"\0")
    (data,) = anonymous(IP(**V4, proto=6) / Raw(tcp))
    assert b"ab" not in data[40:]

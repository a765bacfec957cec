# SPDX-License-Identifier: GPL-2.0-only
"""What is written of a packet at each layer, and the words for what is not."""

from __future__ import annotations

from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.double import OuterPacket
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.plain.layers import NO_INNER, REPEAT, is_double, plaintext, why_closed

HEADER = bytes.fromhex("9000 0001 00000002 00000003 bede0000".replace(" ", ""))
DATAGRAM = Datagram(1, 0.0, Address("1.2.3.4", 5), Address("5.6.7.8", 9), HEADER + bytes(40))
DOUBLE, SINGLE = 0x0009, 0x0007


def packet(profile: int, kind="rtp", **opened: object) -> MediaPacket:
    return MediaPacket(DATAGRAM, kind, None, True, OpenedMedia(**opened), profile)


def test_of_a_double_packet() -> None:
    outer = OuterPacket(HEADER, b"ciphertext and tag" + b"\x12\x34\x01")  # OHB: SEQ was changed
    both = packet(DOUBLE, outer=outer, plain=b"plain RTP")
    assert plaintext(both, "both") == b"plain RTP"
    assert plaintext(both, "outer") == HEADER + b"ciphertext and tag"
    outer_only = packet(DOUBLE, outer=outer, problem="no EKT key")
    assert plaintext(outer_only, "both") is None
    assert why_closed(outer_only, "both") == NO_INNER
    assert plaintext(outer_only, "outer") == HEADER + b"ciphertext and tag"


def test_repair_data_has_no_ohb() -> None:
    repair = packet(DOUBLE, outer=OuterPacket(HEADER, b"repair\xff"))
    assert plaintext(repair, "outer") == HEADER + b"repair\xff"


def test_of_one_layer_and_of_rtcp_both_are_the_same() -> None:
    single = packet(SINGLE, outer=OuterPacket(HEADER, b"payload"), plain=HEADER + b"payload")
    assert plaintext(single, "both") == plaintext(single, "outer") == HEADER + b"payload"
    rtcp = packet(DOUBLE, "rtcp", outer=OuterPacket(b"x", b"y"), plain=b"report")
    assert plaintext(rtcp, "outer") == b"report"
    assert (is_double(single), is_double(rtcp)) == (False, True)


def test_of_a_sealed_packet() -> None:
    sealed = packet(DOUBLE, problem="no keys of this hop")
    assert plaintext(sealed, "both") is plaintext(sealed, "outer") is None
    assert why_closed(sealed, "both") == why_closed(sealed, "outer") == "no keys of this hop"
    assert why_closed(packet(DOUBLE), "outer") == "no keys"
    assert why_closed(packet(DOUBLE, repeat=True, problem="replay"), "both") == REPEAT

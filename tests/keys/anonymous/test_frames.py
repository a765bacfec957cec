# SPDX-License-Identifier: GPL-2.0-only
"""Frames of several link types."""

from __future__ import annotations

import pytest

from perc_scapy.keys.anonymous.frames import COOKED, COOKED2, ETHERNET, FrameNames
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from tests.capture.webrtc import A, B, rtp

ME, YOU = bytes.fromhex("001b638445e6"), bytes.fromhex("f0def1abcdef")
PACKET = ip_udp(A, B, rtp(1))


def anonymous(link_type: int, data: bytes, length: int | None = None) -> bytes:
    names = FrameNames(bytes(32))
    frame = Frame(1, 1, link_type, data, length or len(data))
    names.learn(frame)
    new = names.anonymous(frame)
    assert len(new) == len(data)
    for address in (ME, YOU, bytes([192, 0, 2, 10]), bytes([198, 51, 100, 20])):
        assert address not in new
    return new


@pytest.mark.parametrize(
    ("link_type", "head", "at"),
    [
        (101, b"", 0),
        (0, b"\2\0\0\0", 4),
        (ETHERNET, ME + YOU + b"\x08\0", 14),
        (ETHERNET, ME + YOU + b"\x81\0\0\x07\x08\0", 18),
        (ETHERNET, ME + YOU + b"\x88\x64\x11\0\0\1\0\x30\0\x21", 22),
        (COOKED, b"\0\0\0\1\0\6" + ME + b"\xab\xcd" + b"\x08\0", 16),
        (COOKED2, b"\x08\0\0\0\0\0\0\3\0\1\0\6" + ME + b"\xab\xcd", 20),
    ],
)
def test_link_layers(link_type: int, head: bytes, at: int) -> None:
    new = anonymous(link_type, head + PACKET)
    assert new[at] == 0x45
    assert new[at + 28 :] == rtp(1)
    assert b"\xab\xcd" not in new[:at]


def test_the_cut_of_a_frame_is_known() -> None:
    assert anonymous(101, PACKET[:-4], len(PACKET))[26:28] == b"\0\0"


def test_address_resolution() -> None:
    ask = b"\0\1\x08\0\6\4\0\1" + ME + bytes([192, 0, 2, 10]) + bytes(6) + bytes([198, 51, 100, 20])
    new = anonymous(ETHERNET, b"\xff" * 6 + ME + b"\x08\6" + ask + b"alice")
    assert new[:6] == b"\xff" * 6
    assert new[14:22] == ask[:8]
    assert new[22:28] == new[6:12] == bytes.fromhex("020000000001")
    assert new[28:32] == bytes([198, 18, 0, 1])
    assert b"alice" not in new
    odd = anonymous(ETHERNET, b"\xff" * 6 + ME + b"\x08\6" + b"\0\6" + ask)
    assert odd[22:] == bytes(len(odd) - 22)


@pytest.mark.parametrize("ethertype", [b"\x88\xcc", b"\x86\xff", b"\0\x26"])
def test_what_carries_no_ip_is_emptied(ethertype: bytes) -> None:
    new = anonymous(ETHERNET, ME + YOU + ethertype + b"switch of alice")
    assert new[12:] == ethertype + bytes(15)


def test_unknown_link_types_are_emptied() -> None:
    assert anonymous(105, b"a beacon of alice") == bytes(17)
    assert anonymous(ETHERNET, b"short") == bytes(5)

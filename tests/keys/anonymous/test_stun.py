# SPDX-License-Identifier: GPL-2.0-only
"""STUN and TURN without names and addresses."""

from __future__ import annotations

import struct
import zlib
from ipaddress import ip_address

import pytest

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.stun import anonymous_stun
from perc_scapy.layers.bind import PercDatagram
from tests.capture.webrtc import COOKIE, stun

NAMES = Pseudonyms(bytes(32))
TRANSACTION = bytes(range(12))


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(*attributes: bytes, kind: int = 0x0101) -> bytes:
    body = b"".join(attributes)
    return struct.pack("!HH", kind, len(body)) + COOKIE + TRANSACTION + body


def xored(host: str, port: int) -> bytes:
    packed, mask = ip_address(host).packed, COOKIE + TRANSACTION
    family = b"\0\1" if len(packed) == 4 else b"\0\2"
    place = (port ^ 0x2112).to_bytes(2, "big")
    return family + place + bytes(a ^ b for a, b in zip(packed, mask, strict=False))


def again(data: bytes, addresses: Addresses | None = None, inside=lambda data: data[::-1]) -> bytes:
    new = anonymous_stun(data, NAMES, addresses or Addresses(), inside)
    assert len(new) == len(data)
    return new


def test_names_of_a_check_and_its_form() -> None:
    old = stun("abcd:efghij")
    new = again(old)
    assert b"abcd" not in new
    assert b"efghij" not in new
    assert b"test" not in new  # SOFTWARE
    name = new[24 : 24 + 11]
    assert name[4:5] == b":"
    assert again(stun("efghij:abcd"))[24:35] == name[5:] + b":" + name[:4]
    assert type(PercDatagram(new)) is type(PercDatagram(old))
    assert PercDatagram(new).name == "STUN"


@pytest.mark.parametrize("host", ["203.0.113.9", "2a00:1450::77"])
def test_mapped_addresses_follow_the_map(host: str) -> None:
    addresses = Addresses()
    packed = ip_address(host).packed
    plain = b"\0\1" + b"\x12\x34" + packed
    new = again(message(attribute(0x0020, xored(host, 5000)), attribute(0x0001, plain)), addresses)
    stand_in = addresses.ip(packed)
    assert message(attribute(0x0020, xored(str(ip_address(stand_in)), 5000)),
                   attribute(0x0001, plain[:4] + stand_in)) == new  # fmt: skip
    assert packed not in new


def test_the_fingerprint_fits_again_and_integrity_is_gone() -> None:
    body = attribute(0x0006, b"me:you") + attribute(0x0008, b"i" * 20)
    head = struct.pack("!HH", 1, len(body) + 8) + COOKIE + TRANSACTION
    crc = (zlib.crc32(head + body) ^ 0x5354554E).to_bytes(4, "big")
    new = again(head + body + attribute(0x8028, crc))
    assert b"i" * 8 not in new
    assert new[-4:] == (zlib.crc32(new[:-8]) ^ 0x5354554E).to_bytes(4, "big")


def test_turn_data_and_texts() -> None:
    old = message(
        attribute(0x0013, b"payload"), attribute(0x0009, b"\0\0\4\1Unauthorised, Bob"),
        attribute(0x0014, b"example.org"), attribute(0x0015, b"nonce of the server"),
        attribute(0xC057, b"wifi"), attribute(0x0024, b"\1\2\3\4"), attribute(0x802A, b"tiebreak"),
    )  # fmt: skip
    new = again(old)
    assert b"daolyap" in new
    for word in (b"Bob", b"example", b"nonce", b"wifi"):
        assert word not in new
    assert b"\0\0\4\1" in new
    assert b"\1\2\3\4" in new


@pytest.mark.parametrize("cut", range(60))
def test_any_octets_keep_their_length_and_no_name(cut: int) -> None:
    whole = stun("alice:bobby")
    for data in (whole[:cut], bytes(4) + COOKIE + b"\xff" * cut, b"alice" * cut):
        assert b"alice" not in again(data)

# SPDX-License-Identifier: GPL-2.0-only
"""The generated encoders: what they fill in, what they refuse."""

from __future__ import annotations

import pytest

from perc_scapy.errors import EncodeError, LocalError
from perc_scapy.layers import DTLSTunnelMessage, Empty, SRTPKeyInformation, SupportedProfiles
from perc_scapy.layers.compile import decode, encode, record
from tests.layers.toys import (
    ToyElement,
    ToyExtensionBlock,
    ToyHandshake,
    ToyHello,
    ToyKey,
    ToyList,
    ToyNumbers,
    ToyRandom,
    ToyRecord,
    ToyRtp,
)
from tests.layers.vectors import V00_E, V00_P


def test_records_and_packets():
    assert encode(decode(DTLSTunnelMessage, V00_P)) == V00_P
    assert encode(DTLSTunnelMessage(V00_P)) == V00_P
    for wrong in (b"octets", None, 5):
        with pytest.raises(LocalError):
            encode(wrong)


def test_a_packet_must_be_what_the_decoder_accepts():
    with pytest.raises(EncodeError, match="left over"):
        encode(DTLSTunnelMessage(V00_E + b"x"))
    with pytest.raises(EncodeError, match="no defined body"):
        encode(DTLSTunnelMessage(type=9))
    with pytest.raises(EncodeError):
        encode(DTLSTunnelMessage(V00_E[:50]))


WRONG = [
    (DTLSTunnelMessage, {"association_id": b"short"}, "5 octets, not 16"),
    (DTLSTunnelMessage, {"version_major": 2}, "not among 1"),
    (DTLSTunnelMessage, {"type": 256}, "does not fit its selector"),
    (DTLSTunnelMessage, {"dtls_message": bytes(65536)}, "at most 65535"),
    (DTLSTunnelMessage, {"type": 1, "body": record(Empty)}, "does not fit its selector"),
    (SupportedProfiles, {"profiles": []}, "at least 2"),
    (SupportedProfiles, {"profiles": [65536]}, "wrong type"),
    (SRTPKeyInformation, {"protection_profile": 9}, "at least 1"),
    (ToyNumbers, {"version": 4}, "does not fit 2 bits"),
    (ToyNumbers, {"u24": 1 << 24}, "wrong type"),
    (ToyNumbers, {"u48": -1}, "wrong type"),
    (ToyHello, {"suites": [1], "methods": [0], "weights": [9]}, "not among"),
    (ToyHello, {"suites": [1], "methods": [0], "tokens": [b"ab"]}, "2 octets, not 3"),
    (ToyRecord, {"epoch": 0, "type": 22, "content": b"octets"}, "does not fit its selector"),
    (ToyElement, {"id": 0, "data": b"x"}, "against its condition"),
    (ToyElement, {"id": 1, "size": 0, "data": b""}, "at least 1"),
    (ToyHandshake, {"msg_type": 1, "body": b"octets"}, "does not fit its selector"),
]


@pytest.mark.parametrize(("cls", "values", "why"), WRONG)
def test_broken_rules(cls, values, why):
    with pytest.raises(EncodeError, match=why):
        encode(record(cls, **values))


def test_counts_are_filled_in():
    assert encode(record(ToyRtp, csrc=[1, 2]))[0] & 15 == 2
    assert encode(record(ToyKey, ciphertext=b"12345678"))[-3:] == b"\x00\x0f\x02"
    assert encode(record(ToyElement, id=2, data=b"abc")) == b"\x22abc"
    assert encode(record(ToyElement, id=0)) == b"\0"
    part = record(ToyHandshake, msg_type=2, length=50, fragment_offset=3, body=b"abc")
    assert encode(part)[:12].hex() == "020000320000000003000003"


def test_a_stored_count_must_agree():
    element = record(ToyElement, id=2, data=b"abc")
    with pytest.raises(EncodeError, match="does not count"):
        encode(element.replace(data=b"ab"))
    with pytest.raises(EncodeError, match="does not count"):
        encode(element.replace(size=None))
    with pytest.raises(EncodeError, match="wrong type"):
        encode(record(ToyElement, id=0).replace(size=None))


def test_padding_to_whole_words():
    block = record(ToyExtensionBlock, profile=0xBEDE)
    element = record(ToyElement, id=1, data=b"ab")
    made = block.replace(data=block.data.replace(elements=(element,)))
    assert encode(made) == bytes.fromhex("bede0001" + "11616200")
    assert encode(record(ToyExtensionBlock, profile=1, data=b"12345678")).hex()[:8] == "00010002"


def test_a_flag_follows_what_it_announces():
    block = record(ToyExtensionBlock, profile=1, data=b"1234")
    assert encode(record(ToyRtp, block=block))[0] == 0x90
    assert encode(record(ToyRtp))[0] == 0x80
    assert encode(record(ToyRtp, extension=1))[4:8] == bytes.fromhex("bede0000")


def test_lists_of_packets():
    items = [ToyRandom(cookie=b"a"), record(ToyRandom, cookie=b"bc")]
    assert encode(record(ToyList, numbers=items))[:2] == b"\0\x0d"

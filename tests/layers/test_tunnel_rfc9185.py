# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 tunnel messages: worked examples, forbidden forms, Scapy habits."""

from __future__ import annotations

import random

import pytest
from scapy.packet import Raw, fuzz

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import (
    EndpointDisconnect,
    TunneledDtls,
    TunnelMediaKeys,
    TunnelMessage,
    TunnelSupportedProfiles,
    TunnelUnsupportedVersion,
)
from perc_scapy.layers.compile import decode, encode, reader, record
from perc_scapy.layers.fields import LAYERS
from perc_scapy.layers.validators import check_direction
from tests.layers.vectors import (
    ASSOCIATION,
    HELLO_VERIFY_REQUEST,
    KEYS,
    KEYS_256,
    RFC9185,
    SIZES_9185,
    V9185_D,
    V9185_K,
    V9185_S,
    V9185_T,
    V9185_U,
)

KEY_NAMES = [field.name for field in TunnelMediaKeys.fields_desc[3:]]


def media_keys(profile: int, keys: tuple[bytes, ...], mki: bytes = b"") -> TunnelMediaKeys:
    given = dict(zip(KEY_NAMES, keys, strict=True))
    return TunnelMediaKeys(association_id=ASSOCIATION, protection_profile=profile, mki=mki, **given)


BODIES = {
    "V9185-S": TunnelSupportedProfiles(protection_profiles=[9, 10]),
    "V9185-U": TunnelUnsupportedVersion(),
    "V9185-K": media_keys(9, KEYS),
    "V9185-K2": media_keys(10, KEYS_256, b"\x01"),
    "V9185-T": TunneledDtls(association_id=ASSOCIATION, dtls_message=HELLO_VERIFY_REQUEST),
    "V9185-D": EndpointDisconnect(association_id=ASSOCIATION),
}


@pytest.mark.req("R9185-WIRE-01", "R9185-KD-08")
@pytest.mark.parametrize("name", RFC9185)
def test_worked_examples_both_ways(name):
    octets = RFC9185[name]
    assert len(octets) == SIZES_9185[name]
    assert bytes(TunnelMessage(body=BODIES[name])) == octets
    packet, strict = TunnelMessage(octets), decode(TunnelMessage, octets)
    assert packet.faults() == packet.expert() == ()
    assert bytes(packet) == octets == encode(strict) == encode(packet)
    assert strict.msg_type == packet.msg_type
    assert strict.length == packet.length == len(octets) - 3
    assert encode(record(TunnelMessage, body=strict.body)) == octets


NEGATIVE = {
    "N9185-1 length short": "010006000004" + "0009000a",
    "N9185-1 length long": "010008000004" + "0009000a",
    "N9185-2 empty profile list": "010003000000",
    "N9185-3 empty DTLS message": "040012" + ASSOCIATION.hex() + "0000",
    "N9185-4 type 0": "000000",
    "N9185-4 type 6": "060000",
    "N9185-4 type 255": "ff0000",
    "N9185-5 short id": "05000f" + ASSOCIATION.hex()[:30],
    "N9185-5 long id": "050011" + ASSOCIATION.hex() + "00",
    "full double keys": bytes(
        TunnelMessage(body=media_keys(9, tuple(key * 2 for key in KEYS)))
    ).hex(),
}


@pytest.mark.req("R9185-WIRE-01")
@pytest.mark.parametrize("name", NEGATIVE)
def test_forbidden_forms_are_refused_and_shown(name):
    octets = bytes.fromhex(NEGATIVE[name])
    with pytest.raises(DecodeError):
        decode(TunnelMessage, octets)
    packet = TunnelMessage(octets)
    assert bytes(packet) == octets
    assert packet.faults()
    assert "malformed" in packet.summary()


@pytest.mark.parametrize("name", RFC9185)
def test_every_truncation(name):
    for length in range(len(RFC9185[name])):
        with pytest.raises(DecodeError):
            decode(TunnelMessage, RFC9185[name][:length])
        packet = TunnelMessage(RFC9185[name][:length])
        assert bytes(packet) == RFC9185[name][:length]
        assert packet.faults()


@pytest.mark.req("R9185-VER-01")
def test_another_version_is_decoded_so_that_it_can_be_answered():
    assert decode(TunnelMessage, bytes.fromhex("0100050100020009")).body.version == 1


@pytest.mark.req("R9185-MD-04")
def test_an_id_that_is_no_random_uuid_is_accepted_and_noted():
    octets = bytes.fromhex("050010") + bytes(16)
    assert decode(TunnelMessage, octets).body.association_id == bytes(16)
    packet = TunnelMessage(octets)
    assert packet.faults() == ()
    assert [fault.reason for fault in packet.expert()] == ["association_id is not a version 4 UUID"]


def test_directions():
    media = decode(TunnelMessage, V9185_K)
    check_direction(TunnelMessage.rules, media, "kmf")
    for name, octets in RFC9185.items():
        message = decode(TunnelMessage, octets)
        refused = []
        for sender in ("mdd", "kmf"):
            try:
                check_direction(TunnelMessage.rules, message, sender)
            except DecodeError:
                refused.append(sender)
        expected = {"V9185-S": ["kmf"], "V9185-T": [], "V9185-D": []}.get(name, ["mdd"])
        assert refused == expected


def test_effective_limit_of_a_tunneled_datagram():
    fits = record(TunneledDtls, association_id=ASSOCIATION, dtls_message=bytes(65517))
    assert len(encode(record(TunnelMessage, body=fits))) == 65538
    with pytest.raises(EncodeError):
        encode(record(TunnelMessage, body=fits.replace(dtls_message=bytes(65518))))


def test_stream_header_without_decoding_the_body():
    head = reader(TunnelMessage, "msg_type", "length")
    assert head(V9185_T) == (4, 0x36)
    with pytest.raises(DecodeError):
        head(b"\x04\x00")


def test_answers():
    profiles, version = TunnelMessage(V9185_S), TunnelMessage(V9185_U)
    dtls, keys, end = TunnelMessage(V9185_T), TunnelMessage(V9185_K), TunnelMessage(V9185_D)
    assert version.answers(profiles)
    assert not profiles.answers(version)
    assert keys.answers(dtls)
    assert end.answers(dtls)
    assert not version.answers(dtls)
    assert not end.answers(Raw(b"x"))
    assert dtls.hashret() == keys.hashret() == ASSOCIATION
    assert profiles.hashret() == b""


def test_feels_like_scapy():
    packet = TunnelMessage(V9185_K)
    assert bytes(eval(packet.command(), dict(LAYERS))) == V9185_K
    assert "MEDIA_KEYS association a0a1a2a3" in packet.summary()
    assert "hidden" in packet.show(dump=True)
    assert TunnelMediaKeys in packet
    random.seed(1)
    for _ in range(30):
        octets = bytes(fuzz(TunnelMessage()))
        assert bytes(TunnelMessage(octets)) == octets

# SPDX-License-Identifier: GPL-2.0-only
"""draft-jones-perc-dtls-tunnel-00 messages: worked examples, forbidden forms, Scapy habits."""

from __future__ import annotations

import contextlib
import io
import random

import pytest
from scapy.packet import Raw, fuzz, ls

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import (
    DTLSTunnelMessage,
    Empty,
    SRTPKeyInformation,
    SupportedProfiles,
)
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.layers.fields import LAYERS
from perc_scapy.layers.validators import check_direction
from tests.layers.vectors import (
    ASSOCIATION,
    CLIENT_HELLO,
    CONFERENCE,
    DRAFT00,
    FINISHED,
    HEADER_00,
    HELLO_VERIFY_REQUEST,
    KEYS,
    SIZES_00,
    V00_E,
    V00_K,
    V00_M,
    V00_P,
    V00_Z,
)

pytestmark = pytest.mark.req("T00-WIRE-01")


def message(body: object, dtls: bytes) -> DTLSTunnelMessage:
    return DTLSTunnelMessage(
        association_id=ASSOCIATION, conference_id=CONFERENCE, body=body, dtls_message=dtls
    )


def keys(profile: int = 9, *values: bytes) -> SRTPKeyInformation:
    names = [field.name for field in SRTPKeyInformation.fields_desc[1:]]
    given = dict(zip(names, values or KEYS, strict=True))
    return SRTPKeyInformation(protection_profile=profile, **given)


BUILT = {
    "V00-E": message(Empty(), HELLO_VERIFY_REQUEST),
    "V00-P": message(SupportedProfiles(profiles=[9, 10]), CLIENT_HELLO),
    "V00-K": message(keys(), FINISHED),
    "V00-M": message(SupportedProfiles(profiles=[7], srtp_mki=b"\xab\xcd"), HELLO_VERIFY_REQUEST),
    "V00-Z": message(Empty(), b""),
}


@pytest.mark.req("T00-WIRE-01", "T00-WIRE-02", "T00-WIRE-03", "T00-WIRE-04", "T00-WIRE-09")
@pytest.mark.parametrize("name", DRAFT00)
def test_worked_examples_both_ways(name):
    octets = DRAFT00[name]
    assert len(octets) == SIZES_00[name]
    assert bytes(BUILT[name]) == octets
    packet, strict = DTLSTunnelMessage(octets), decode(DTLSTunnelMessage, octets)
    assert packet.faults() == ()
    assert bytes(packet) == octets == encode(strict) == encode(packet)
    assert strict.association_id == packet.association_id == ASSOCIATION
    assert strict.conference_id == packet.conference_id == CONFERENCE


@pytest.mark.req("T00-WIRE-05", "T00-WIRE-06", "T00-WIRE-07")
def test_bodies_of_the_examples():
    assert decode(DTLSTunnelMessage, V00_P).body == record(SupportedProfiles, profiles=[9, 10])
    assert decode(DTLSTunnelMessage, V00_M).body.srtp_mki == b"\xab\xcd"
    body = decode(DTLSTunnelMessage, V00_K).body
    assert (body.client_write_SRTP_master_key, body.server_write_SRTP_master_key) == KEYS[:2]
    assert (body.client_write_SRTP_master_salt, body.server_write_SRTP_master_salt) == KEYS[2:]
    assert decode(DTLSTunnelMessage, V00_K).dtls_message == FINISHED
    assert decode(DTLSTunnelMessage, V00_Z).dtls_message == b""


def replaced(octets: bytes, at: int, new: str) -> bytes:
    return octets[:at] + bytes.fromhex(new) + octets[at + len(new) // 2 :]


NEGATIVE = {
    "N00-2 length beyond the message": replaced(V00_E, 35, "ffff"),
    "N00-3 trailing octet": V00_E + b"\0",
    "N00-4 odd profile list": HEADER_00 + bytes.fromhex("01000300090000" + "0000"),
    "N00-5 empty profile list": HEADER_00 + bytes.fromhex("010000000000"),
    "N00-6 MKI overrun": V00_P[:41] + b"\xff",
    "N00-7 empty client key": V00_K[:37] + b"\0\0" + V00_K[55:],
    "N00-9 type 3": replaced(V00_E, 34, "03"),
    "N00-9 type 255": replaced(V00_E, 34, "ff"),
    "N00-10 version 0.0": replaced(V00_E, 0, "0000"),
    "N00-10 version 1.1": replaced(V00_E, 0, "0101"),
    "N00-10 version 2.0": replaced(V00_E, 0, "0200"),
    "no octets": b"",
}


@pytest.mark.req("T00-WIRE-01", "T00-WIRE-03", "T00-WIRE-05", "T00-WIRE-06", "T00-WIRE-07")
@pytest.mark.parametrize("name", NEGATIVE)
def test_forbidden_forms_are_refused_and_shown(name):
    octets = NEGATIVE[name]
    with pytest.raises(DecodeError) as caught:
        decode(DTLSTunnelMessage, octets)
    assert caught.value.offset is not None
    packet = DTLSTunnelMessage(octets)
    assert bytes(packet) == octets
    assert packet.faults()
    assert "malformed" in packet.show(dump=True)


@pytest.mark.parametrize("name", DRAFT00)
def test_n00_1_every_truncation(name):
    for length in range(len(DRAFT00[name])):
        octets = DRAFT00[name][:length]
        with pytest.raises(DecodeError):
            decode(DTLSTunnelMessage, octets)
        packet = DTLSTunnelMessage(octets)
        assert bytes(packet) == octets
        assert packet.faults()


def test_n00_8_full_double_keys_would_leak_the_inner_half():
    full = keys(9, *(key * 2 for key in KEYS))
    octets = bytes(message(full, FINISHED))
    with pytest.raises(DecodeError, match="has 32 octets, profile 0x0009 needs 16"):
        decode(DTLSTunnelMessage, octets)
    assert any("needs 16" in fault.reason for fault in DTLSTunnelMessage(octets).faults())
    with pytest.raises(EncodeError):
        encode(message(full, FINISHED))


@pytest.mark.req("T00-WIRE-08")
def test_n00_11_direction():
    profiles, key_information = decode(DTLSTunnelMessage, V00_P), decode(DTLSTunnelMessage, V00_K)
    empty, rules = decode(DTLSTunnelMessage, V00_E), DTLSTunnelMessage.rules
    check_direction(rules, profiles, "mdd")
    check_direction(rules, key_information, "kmf")
    check_direction(rules, empty, "mdd")
    check_direction(rules, empty, "kmf")
    with pytest.raises(DecodeError, match="only from the mdd"):
        check_direction(rules, profiles, "kmf")
    with pytest.raises(DecodeError, match="only from the kmf"):
        check_direction(rules, key_information, "mdd")


LIMITS = [
    (Empty(), 16347),
    (SupportedProfiles(profiles=[9, 10], srtp_mki=b"ab"), 16344 - 2 * 2 - 2),
    (keys(), 16337 - 2 * 16 - 2 * 12),
]


@pytest.mark.parametrize(("body", "limit"), LIMITS)
def test_amb_08_senders_keep_to_one_record_but_more_is_shown(body, limit):
    assert len(encode(message(body, bytes(limit)))) == 16384
    too_long = message(body, bytes(limit + 1))
    with pytest.raises(EncodeError, match="one record holds 16384"):
        encode(too_long)
    octets = bytes(too_long)
    assert DTLSTunnelMessage(octets).faults() == ()
    with pytest.raises(EncodeError):
        encode(decode(DTLSTunnelMessage, octets))
    longest = bytes(message(body, bytes(65535)))
    assert len(decode(DTLSTunnelMessage, longest).dtls_message) == 65535


def test_trailing_octets_are_payload():
    packet = DTLSTunnelMessage(V00_E + b"after")
    assert packet[Raw].load == b"after"
    assert packet.faults()[0].offset == len(V00_E)


def test_type_follows_the_body_and_the_body_the_type():
    assert bytes(DTLSTunnelMessage(body=SupportedProfiles(profiles=[9])))[34] == 1
    packet = DTLSTunnelMessage(type=1)
    packet.body.profiles = [7]
    assert decode(DTLSTunnelMessage, bytes(packet)).body.profiles == (7,)
    assert bytes(DTLSTunnelMessage()) == bytes((1, 0)) + bytes(35)
    assert record(DTLSTunnelMessage, body=record(Empty)).type == 0
    assert record(DTLSTunnelMessage, type=1, body=None).body == record(SupportedProfiles)


def test_answers_by_association():
    request, answer = DTLSTunnelMessage(V00_P), DTLSTunnelMessage(V00_K)
    assert answer.answers(request)
    assert request.hashret() == answer.hashret() == ASSOCIATION
    answer.association_id = bytes(16)
    assert not answer.answers(request)
    assert not answer.answers(Raw(b"x"))
    cut = DTLSTunnelMessage(V00_P[:9])
    assert cut.hashret() == ASSOCIATION[:7]


def test_feels_like_scapy():
    packet = DTLSTunnelMessage(V00_K)
    assert bytes(eval(packet.command(), dict(LAYERS))) == V00_K
    assert SRTPKeyInformation in packet
    assert "SRTP_KEY_INFORMATION" in packet.summary()
    assert "a0a1a2a3" in packet.summary()
    assert packet == packet.copy()
    assert bytes(packet.copy()) == V00_K
    listing = io.StringIO()
    with contextlib.redirect_stdout(listing):
        ls(DTLSTunnelMessage)
        ls(packet)
        packet.show()
        packet.show2()
    assert "association_id" in listing.getvalue()


def test_keys_are_not_shown():
    packet, strict = DTLSTunnelMessage(V00_K), decode(DTLSTunnelMessage, V00_K)
    cut = DTLSTunnelMessage(V00_K[:50])
    texts = [packet.show(dump=True), packet.summary(), repr(packet), packet.json(), repr(strict)]
    for text in [*texts, cut.show(dump=True), repr(cut), cut.summary()]:
        for secret in (b"\x11", b"\x22", b"\x33", b"\x44"):
            assert (secret * 4).hex() not in text
            assert repr(secret * 4)[2:-1] not in text


def test_fuzz_reaches_every_body():
    random.seed(1)
    seen = {type(DTLSTunnelMessage(bytes(fuzz(DTLSTunnelMessage()))).body) for _ in range(60)}
    assert {Empty, SupportedProfiles, SRTPKeyInformation} <= seen

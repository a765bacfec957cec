# SPDX-License-Identifier: GPL-2.0-only
"""Handshake messages, octet for octet, and their bounds."""

from __future__ import annotations

import pytest

from perc_scapy.layers import dtls
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.layers.dtls import DTLSCertificate, DTLSEKTKey, DTLSHandshake
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import octets

GOOD = [
    (
        "DTLSNewSessionTicket",
        "00000e100003616263",
        {"ticket_lifetime_hint": 3600, "ticket": b"abc"},
    ),
    ("DTLSCertificate", "000000", {"certificates": ()}),
    ("DTLSCertificateRequest", "0140000204030000", {"certificate_types": (64,)}),
    (
        "DTLSCertificateRequest",
        "0240010002040300050003616263",
        {"certificate_authorities": (b"abc",), "signature_algorithms": (0x0403,)},
    ),
    ("DTLSCertificateRequest10", "01010000", {"certificate_types": (1,)}),
    ("DTLSServerHelloDone", "", {}),
    ("DTLSCertificateVerify", "04030003736967", {"scheme": 0x0403, "signature": b"sig"}),
    ("DTLSCertificateVerify10", "0003736967", {"signature": b"sig"}),
    ("DTLSFinished", "00" * 12, {"verify_data": bytes(12)}),
    ("DTLSCertificateURL", "0102", {"url_and_hash_list": b"\1\2"}),
    ("DTLSCertificateStatus", "01000003616263", {"status_type": 1, "response": b"abc"}),
    ("DTLSSupplementalData", "616263", {"supplemental_data": b"abc"}),
]
ANY_OCTETS = ("DTLSCertificateURL", "DTLSSupplementalData")


@pytest.mark.parametrize(("layer", "octets", "values"), GOOD)
def test_forms(layer, octets, values):
    cls, octets = getattr(dtls, layer), bytes.fromhex(octets)
    assert agree(cls, octets)
    strict = decode(cls, octets)
    assert {name: getattr(strict, name) for name in values} == values
    if layer not in ANY_OCTETS:
        assert not agree(cls, octets + b"\0")
        assert not octets or not agree(cls, octets[:-1])


@pytest.mark.parametrize(
    ("layer", "octets"),
    [
        ("DTLSCertificate", "000003000000"),  # a certificate of no octets
        ("DTLSCertificate", "000004000002ab"),
        ("DTLSCertificateRequest", "00000204030000"),
        ("DTLSCertificateRequest", "014000000000"),
        ("DTLSCertificateRequest", "01400002040300020000"),
        ("DTLSCertificateStatus", "01000000"),
        ("DTLSFinished", "00" * 11),
        ("DTLSServerHelloDone", "00"),
    ],
)
def test_refused_forms(layer, octets):
    assert not agree(getattr(dtls, layer), bytes.fromhex(octets))


def test_a_chain():
    chain = DTLSCertificate(certificates=[b"own", b"issuer"])
    assert bytes(chain) == bytes.fromhex("00000f 000003".replace(" ", "")) + b"own\0\0\6issuer"
    assert agree(DTLSCertificate, bytes(chain))


@pytest.mark.req("EKT-23")
def test_ekt_key():
    body = octets("DTLS-ektkey-128", "body")
    assert agree(DTLSEKTKey, body)
    shown = DTLSEKTKey(body)
    assert (shown.ekt_spi, shown.ekt_ttl) == (0x1234, 86400)
    assert shown.ekt_key_value == octets("DTLS-ektkey-128", "ekt_key")
    assert shown.srtp_master_salt == octets("DTLS-ektkey-128", "srtp_master_salt")
    message = octets("DTLS-ektkey-128", "dtls_handshake")
    assert agree(DTLSHandshake, message)
    assert bytes(DTLSHandshake(message_seq=7, body=shown)) == message


@pytest.mark.req("EKT-23")
@pytest.mark.parametrize(
    ("key", "salt", "fits"), [(256, 256, True), (257, 1, False), (1, 257, False)]
)
def test_vectors_of_at_most_256_octets_have_two_octets_of_length(key, salt, fits):
    body = key.to_bytes(2, "big") + bytes(key) + salt.to_bytes(2, "big") + bytes(salt) + bytes(5)
    assert agree(DTLSEKTKey, body) is fits


@pytest.mark.req("EKT-23")
@pytest.mark.parametrize(
    "body", ["0000000161" + "00" * 5, "0001610000" + "00" * 5, "00016100016200"]
)
def test_refused_ekt_keys(body):
    assert not agree(DTLSEKTKey, bytes.fromhex(body))


def test_an_ekt_key_is_not_shown():
    shown = DTLSEKTKey(octets("DTLS-ektkey-128", "body"))
    strict = decode(DTLSEKTKey, bytes(shown))
    for text in (shown.show(dump=True), shown.summary(), repr(shown), repr(strict), shown.json()):
        assert "e0e1e2e3" not in text
        assert "a0a1a2a3" not in text
    assert encode(record(DTLSEKTKey, ekt_spi=1))[-5:] == b"\0\1\0\0\0"

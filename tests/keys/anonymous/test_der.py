# SPDX-License-Identifier: GPL-2.0-only
"""Certificates: still certificates, of nobody."""

from __future__ import annotations

import datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from perc_scapy.keys.anonymous.der import anonymous_der
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

NAMES = Pseudonyms(bytes(32))
WORDS = [b"Alice Liddell", b"Wonderland", b"alice.example", b"alice@wonder", b"Oxford"]


def certificate(key: object) -> bytes:
    subject = x509.Name([
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "Alice Liddell"),
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Wonderland"),
        x509.NameAttribute(x509.NameOID.LOCALITY_NAME, "Oxford"),
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "GB"),
    ])  # fmt: skip
    alternatives = x509.SubjectAlternativeName([
        x509.DNSName("alice.example"), x509.RFC822Name("alice@wonder"),
        x509.IPAddress(ip_address("192.0.2.77")),
    ])  # fmt: skip
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0x1234567890ABCDEF1234)
        .not_valid_before(datetime.datetime(2021, 2, 3, 4, 5, 6))
        .not_valid_after(datetime.datetime(2051, 2, 3, 4, 5, 6))
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return built.sign(key, digest).public_bytes(Encoding.DER)


KEYS = {
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_certificate_of_nobody(kind: str) -> None:
    old = certificate(KEYS[kind])
    new = anonymous_der(old, NAMES)
    assert len(new) == len(old)
    assert not [word for word in [*WORDS, ip_address("192.0.2.77").packed] if word in new]
    before, after = (x509.load_der_x509_certificate(data) for data in (old, new))
    assert [a.oid for a in after.subject] == [a.oid for a in before.subject]
    assert after.signature_algorithm_oid == before.signature_algorithm_oid
    assert after.serial_number != before.serial_number
    assert after.not_valid_before_utc != before.not_valid_before_utc
    assert [e.oid for e in after.extensions] == [e.oid for e in before.extensions]
    assert after.signature != before.signature
    assert anonymous_der(old, NAMES) == new
    point = KEYS[kind].public_key()
    if kind == "ec":
        octets = point.public_numbers().x.to_bytes(32, "big")
    elif kind == "rsa":
        octets = point.public_numbers().n.to_bytes(256, "big")[1:]
    else:
        octets = point.public_bytes_raw()
    assert octets in old
    assert octets[8:16] not in new


def test_two_people_stay_two() -> None:
    one, two = (certificate(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    new = [anonymous_der(data, NAMES) for data in (one, two)]
    assert new[0] != new[1]
    subjects = {x509.load_der_x509_certificate(data).subject.rfc4514_string() for data in new}
    assert len(subjects) == 1  # they had the same name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x1f\x81\x01",
        b"\x30\x03\x04\x05ab",
        b"name",
    ],
)
def test_what_is_no_der_is_replaced_whole(data: bytes) -> None:
    new = anonymous_der(data, NAMES)
    assert len(new) == len(data)
    assert not data or new != data


def test_depth_is_bounded() -> None:
    data = b"\x05\x00"
    for _ in range(60):
        data = b"\x30" + bytes((len(data),)) + data if len(data) < 128 else data
    assert len(anonymous_der(data, NAMES)) == len(data)
    nested = b"\x30\x80" * 5000
    assert len(anonymous_der(nested, NAMES)) == len(nested)

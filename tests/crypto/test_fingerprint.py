# SPDX-License-Identifier: GPL-2.0-only
import datetime
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from perc_scapy.crypto import fingerprint, parse_fingerprint
from perc_scapy.errors import ConfigError

DIGITS = "00112233445566778899aabbccddeeff" * 2
COLONS = ":".join(DIGITS[i : i + 2] for i in range(0, 64, 2))


@pytest.fixture(scope="module")
def certificate() -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "someone")])
    day = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, day, day.replace(year=2034))
    return builder.sign(key, hashes.SHA256())


@pytest.mark.tool("openssl")
def test_equals_what_openssl_prints(certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(serialization.Encoding.DER)
    command = ["openssl", "x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256"]
    printed = subprocess.run(command, input=der, capture_output=True, check=True).stdout.decode()
    assert "Fingerprint=" in printed
    assert parse_fingerprint(printed) == fingerprint(der)


def test_equals_what_cryptography_computes(certificate: x509.Certificate) -> None:
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert fingerprint(der) == "sha-256:" + certificate.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize(
    "text",
    [
        f"sha-256:{DIGITS}",
        f"SHA-256:{DIGITS.upper()}",
        f"sha-256 {COLONS.upper()}",
        f"a=fingerprint:sha-256 {COLONS.upper()}",
        f"fingerprint:SHA-256 {COLONS}",
        f"sha256 Fingerprint={COLONS.upper()}\n",
        f"SHA256 Fingerprint={COLONS.upper()}",
        DIGITS,
        COLONS,
        f"  {COLONS}  ",
    ],
)
def test_takes_the_usual_spellings(text: str) -> None:
    assert parse_fingerprint(text) == f"sha-256:{DIGITS}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha-256:",
        DIGITS[:-2],
        DIGITS + "00",
        "sha-1:" + DIGITS[:40],
        "md5 " + COLONS,
        COLONS[:-1],
        "g" * 64,
        COLONS.replace(":", "-"),
        "x" * 5000,
    ],
)
def test_refuses_anything_else_briefly(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fingerprint(text)
    assert len(str(caught.value)) < 160

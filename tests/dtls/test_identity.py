# SPDX-License-Identifier: GPL-2.0-only
"""Certificates with their keys."""

from __future__ import annotations

import hashlib
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from perc_scapy.dtls import Identity
from perc_scapy.errors import ConfigError, LocalError
from tests.dtls.pairs import identity, seeded
from tests.dtls.udp import need


def test_same_randomness_same_certificate():
    one = Identity.generate("a", random=seeded(1))
    assert one.certificate == Identity.generate("a", random=seeded(1)).certificate
    assert one.certificate != Identity.generate("a", random=seeded(2)).certificate
    assert one.fingerprint == "sha-256:" + hashlib.sha256(one.certificate).hexdigest()
    assert "a" in x509.load_der_x509_certificate(one.certificate).subject.rfc4514_string()


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_pem_round_trip(kind):
    one = identity("pem", kind)
    two = Identity.load(one.certificate_pem(), one.private_key_pem())
    assert (two.certificate, two.kind, two.schemes) == (one.certificate, kind, one.schemes)
    assert two.certificate_body[-len(two.certificate) :] == two.certificate


@pytest.mark.tool("openssl")
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_openssl_reads_it_and_agrees_on_the_fingerprint(tmp_path, kind):
    one = identity("pem", kind)
    (tmp_path / "c.pem").write_bytes(one.certificate_pem())
    command = [
        need("openssl"),
        "x509",
        "-noout",
        "-fingerprint",
        "-sha256",
        "-in",
        tmp_path / "c.pem",
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert text.strip().split("=")[1].replace(":", "").lower() == one.fingerprint[8:]


def test_key_of_somebody_else():
    one, two = identity("one"), identity("two")
    with pytest.raises(LocalError, match="does not belong"):
        Identity(one.certificate, two.private_key)
    with pytest.raises(ConfigError, match="does not belong"):
        Identity.load(one.certificate_pem(), two.private_key_pem())


@pytest.mark.parametrize("which", [0, 1])
def test_bad_pem_is_a_configuration_error(which):
    parts = [identity("pem").certificate_pem(), identity("pem").private_key_pem()]
    parts[which] = b"-----BEGIN nonsense-----"
    with pytest.raises(ConfigError) as error:
        Identity.load(*parts)
    assert "nonsense" not in str(error.value)


def test_encrypted_key_is_a_configuration_error():
    from cryptography.hazmat.primitives import serialization as s

    one = identity("pem")
    locked = one.private_key.private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"password")
    )
    with pytest.raises(ConfigError):
        Identity.load(one.certificate_pem(), locked)


def test_bad_der():
    with pytest.raises(LocalError):
        Identity(b"nonsense", ec.generate_private_key(ec.SECP256R1()))


def test_repr_shows_no_key():
    one = identity("pem")
    number = one.private_key.private_numbers().private_value
    assert repr(one) == f"Identity(ecdsa, {one.fingerprint})"
    assert f"{number:x}" not in repr(one)

# SPDX-License-Identifier: GPL-2.0-only
"""Signature schemes: choice, reproducibility, refusal."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

from perc_scapy.codes import SignatureScheme as Scheme
from perc_scapy.dtls import signatures
from perc_scapy.dtls.signatures import choose, public_key_of, sign, signing_schemes
from perc_scapy.errors import LocalError, RemoteError
from tests.dtls.pairs import identity


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_sign_and_verify(kind):
    who = identity("signer", kind)
    peer = public_key_of(who.certificate)
    for scheme in who.schemes:
        signature = sign(who.private_key, scheme, b"data")
        peer.verify(scheme, signature, b"data")
        assert sign(who.private_key, scheme, b"data") == signature  # nothing random in it
        with pytest.raises(RemoteError) as error:
            peer.verify(scheme, signature, b"Data")
        assert error.value.alert == 51


@pytest.mark.parametrize(
    "scheme", [0x0000, Scheme.ECDSA_SHA1, Scheme.ED25519, Scheme.RSA_PKCS1_SHA256]
)
def test_scheme_of_another_kind_is_refused(scheme):
    peer = public_key_of(identity("signer").certificate)
    with pytest.raises(RemoteError) as error:
        peer.verify(scheme, b"", b"data")
    assert error.value.alert == 47


@pytest.mark.parametrize("garbage", [b"", b"\x30", bytes(80)])
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_garbage_is_a_bad_signature(kind, garbage):
    peer = public_key_of(identity("signer", kind).certificate)
    for scheme in identity("signer", kind).schemes:
        with pytest.raises(RemoteError) as error:
            peer.verify(scheme, garbage, b"data")
        assert error.value.alert == 51


def test_pss_of_a_peer_is_verified():
    """OpenSSL signs with PSS when it is offered; we offer it and never sign with it."""
    who = identity("signer", "rsa")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = who.private_key.sign(b"data", pss, hashes.SHA256())
    public_key_of(who.certificate).verify(int(Scheme.RSA_PSS_RSAE_SHA256), signature, b"data")
    assert int(Scheme.RSA_PSS_RSAE_SHA256) in signatures.OFFERED
    assert int(Scheme.RSA_PSS_RSAE_SHA256) not in who.schemes


@pytest.mark.parametrize(
    ("curve", "first"),
    [
        (ec.SECP256R1(), Scheme.ECDSA_SECP256R1_SHA256),
        (ec.SECP384R1(), Scheme.ECDSA_SECP384R1_SHA384),
        (ec.SECP521R1(), Scheme.ECDSA_SECP521R1_SHA512),
    ],
)
def test_hash_that_fits_the_curve_comes_first(curve, first):
    assert signing_schemes(ec.generate_private_key(curve))[0] == first


def test_choose():
    assert choose((3, 2, 1), (1, 2)) == 2
    assert choose((3,), (1, 2)) is None


@pytest.mark.parametrize("der", [b"", b"0", bytes(100), b"0\x82"])
def test_malformed_certificate(der):
    with pytest.raises(RemoteError) as error:
        public_key_of(der)
    assert error.value.alert == 42


def test_unsupported_keys():
    with pytest.raises(LocalError):
        signatures.require_supported(ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(RemoteError) as error:
        public_key_of(_ed25519_certificate())
    assert error.value.alert == 43


def _ed25519_certificate() -> bytes:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    key, name = ed25519.Ed25519PrivateKey.generate(), x509.Name([])
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    return builder.sign(key, None).public_bytes(Encoding.DER)


def test_a_certificate_of_an_impossible_version_is_malformed():
    der = identity("signer").certificate
    assert der.count(bytes.fromhex("a003020102")) == 1
    with pytest.raises(RemoteError) as error:
        public_key_of(der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107")))
    assert error.value.alert == 42

# SPDX-License-Identifier: BSD-3-Clause
"""A certificate with its private key, prepared once for many handshakes."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from perc_scapy.crypto.fingerprint import fingerprint
from perc_scapy.dtls.codec import encode_certificate
from perc_scapy.dtls.signatures import KeyKind, PrivateKey, kind_of, require_supported
from perc_scapy.dtls.signatures import signing_schemes as schemes_of
from perc_scapy.errors import ConfigError, LocalError

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# A self-signed certificate is trusted by its fingerprint alone (RFC 5763 section 5), so its dates say nothing.
_NOT_BEFORE = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_NOT_AFTER = datetime.datetime(2049, 12, 31, tzinfo=datetime.UTC)


class Identity:
    """`certificate` is DER. Fingerprint, Certificate body and signature schemes are worked out once.

    Raises `LocalError` when the key does not belong to the certificate.
    """

    __slots__ = ("certificate", "certificate_body", "fingerprint", "kind", "private_key", "schemes")

    def __init__(self, certificate: bytes, private_key: PrivateKey) -> None:
        self.certificate = certificate
        self.private_key = require_supported(private_key)
        _check_pair(certificate, self.private_key)
        self.fingerprint = fingerprint(certificate)
        self.kind: KeyKind = kind_of(private_key)
        self.certificate_body = encode_certificate((certificate,))
        self.schemes = schemes_of(private_key)

    def __repr__(self) -> str:
        return f"Identity({self.kind}, {self.fingerprint})"

    @classmethod
    def generate(
        cls,
        name: str,
        *,
        kind: Literal["ecdsa", "rsa"] = "ecdsa",
        random: Callable[[int], bytes] = os.urandom,
        rsa_bits: int = 2048,
    ) -> Identity:
        """A self-signed certificate for `name`. ECDSA P-256 follows `random` alone; RSA keys come from the library."""
        key = _generate_key(kind, random, rsa_bits)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=subject)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(random(16), "big") >> 1 | 1)
            .not_valid_before(_NOT_BEFORE)
            .not_valid_after(_NOT_AFTER)
        )
        deterministic = True if kind == "ecdsa" else None
        certificate = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic)
        return cls(certificate.public_bytes(serialization.Encoding.DER), key)

    @classmethod
    def load(cls, cert_pem: bytes, key_pem: bytes) -> Identity:
        """From PEM octets; the first certificate counts. Raises `ConfigError`, which never shows the key."""
        try:
            certificate = x509.load_pem_x509_certificate(cert_pem)
        except ValueError:
            raise ConfigError("certificate is not valid PEM") from None
        try:
            key = require_supported(serialization.load_pem_private_key(key_pem, password=None))
            return cls(certificate.public_bytes(serialization.Encoding.DER), key)
        except LocalError as error:
            raise ConfigError(str(error)) from None
        except (ValueError, TypeError):
            raise ConfigError("private key is not valid unencrypted PEM") from None

    def certificate_pem(self) -> bytes:
        """For a file that others read."""
        certificate = x509.load_der_x509_certificate(self.certificate)
        return certificate.public_bytes(serialization.Encoding.PEM)

    def private_key_pem(self) -> bytes:
        """PKCS #8 without encryption: for a file of mode 0600."""
        return self.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def _generate_key(kind: str, random: Callable[[int], bytes], rsa_bits: int) -> PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
    return ec.derive_private_key(
        int.from_bytes(random(48), "big") % (_ORDER - 1) + 1, ec.SECP256R1()
    )


def _check_pair(certificate: bytes, key: PrivateKey) -> None:
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        raise LocalError("certificate is not valid DER") from None
    if public != key.public_key():
        raise LocalError("private key does not belong to the certificate")

# SPDX-License-Identifier: BSD-3-Clause
"""Digital signatures of the TLS 1.2 handshake: which scheme a key can make, signing, verifying (RFC 5246 4.7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from perc_scapy.codes import AlertDescription, SignatureScheme
from perc_scapy.errors import LocalError, RemoteError

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
KeyKind = Literal["ecdsa", "rsa"]


@dataclass(frozen=True, slots=True)
class _Scheme:
    kind: KeyKind
    ecdsa: ec.ECDSA
    """Deterministic (RFC 6979), so that a handshake depends on the injected randomness alone."""
    digest: hashes.HashAlgorithm
    padding: padding.PKCS1v15 | padding.PSS


def _scheme(kind: KeyKind, digest: hashes.HashAlgorithm, pss: bool = False) -> _Scheme:
    fill = (
        padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH) if pss else padding.PKCS1v15()
    )
    return _Scheme(kind, ec.ECDSA(digest, deterministic_signing=True), digest, fill)


_SCHEMES = {
    int(SignatureScheme.ECDSA_SECP256R1_SHA256): _scheme("ecdsa", hashes.SHA256()),
    int(SignatureScheme.ECDSA_SECP384R1_SHA384): _scheme("ecdsa", hashes.SHA384()),
    int(SignatureScheme.ECDSA_SECP521R1_SHA512): _scheme("ecdsa", hashes.SHA512()),
    int(SignatureScheme.RSA_PKCS1_SHA256): _scheme("rsa", hashes.SHA256()),
    int(SignatureScheme.RSA_PKCS1_SHA384): _scheme("rsa", hashes.SHA384()),
    int(SignatureScheme.RSA_PKCS1_SHA512): _scheme("rsa", hashes.SHA512()),
    int(SignatureScheme.RSA_PSS_RSAE_SHA256): _scheme("rsa", hashes.SHA256(), pss=True),
    int(SignatureScheme.RSA_PSS_RSAE_SHA384): _scheme("rsa", hashes.SHA384(), pss=True),
    int(SignatureScheme.RSA_PSS_RSAE_SHA512): _scheme("rsa", hashes.SHA512(), pss=True),
}
OFFERED = tuple(_SCHEMES)
"""What we offer and verify, in order of preference."""
_PSS = frozenset(c for c, s in _SCHEMES.items() if isinstance(s.padding, padding.PSS))


def kind_of(key: PrivateKey) -> KeyKind:
    """The certificate type that a key makes."""
    return "ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "rsa"


def signing_schemes(key: PrivateKey) -> tuple[int, ...]:
    """Schemes that we sign with, best first. Not PSS: its salt would draw randomness of its own."""
    kind = kind_of(key)
    usable = [c for c in OFFERED if _SCHEMES[c].kind == kind and c not in _PSS]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        # the hash that fits the curve first; TLS 1.2 allows any (RFC 5246 7.4.1.4.1)
        usable.sort(key=lambda c: abs(_SCHEMES[c].digest.digest_size * 8 - key.curve.key_size))
    return tuple(usable)


def choose(ours: tuple[int, ...], theirs: tuple[int, ...]) -> int | None:
    """The first of our schemes that the peer accepts."""
    return next((scheme for scheme in ours if scheme in theirs), None)


def sign(key: PrivateKey, scheme: int, data: bytes) -> bytes:
    """Signature over `data`."""
    row = _SCHEMES[scheme]
    if row.kind == "ecdsa":
        return cast(ec.EllipticCurvePrivateKey, key).sign(data, row.ecdsa)
    return cast(rsa.RSAPrivateKey, key).sign(data, row.padding, row.digest)


class PeerKey(NamedTuple):
    """The public key of a peer's certificate."""

    kind: KeyKind
    key: PublicKey

    def verify(self, scheme: int, signature: bytes, data: bytes) -> None:
        """Raises `RemoteError`: illegal_parameter for a scheme not offered or not of this key, else decrypt_error."""
        row = _SCHEMES.get(scheme)
        if row is None or row.kind != self.kind:
            what = f"signature scheme {scheme:#06x} not acceptable"
            raise RemoteError(what, AlertDescription.ILLEGAL_PARAMETER)
        try:
            if row.kind == "ecdsa":
                cast(ec.EllipticCurvePublicKey, self.key).verify(signature, data, row.ecdsa)
            else:
                key = cast(rsa.RSAPublicKey, self.key)
                key.verify(signature, data, row.padding, row.digest)
        except (InvalidSignature, ValueError):
            raise RemoteError("signature does not verify", AlertDescription.DECRYPT_ERROR) from None


@lru_cache(maxsize=64)
def public_key_of(der: bytes) -> PeerKey:
    """The key in a certificate. Raises `RemoteError`: bad_certificate or unsupported_certificate.

    The last ones are remembered: members come back, and an endpoint meets the same KMF each time.
    """
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except UnsupportedAlgorithm:
        raise _unsupported() from None
    except (ValueError, TypeError, x509.InvalidVersion):  # the last is no ValueError
        raise RemoteError("certificate malformed", AlertDescription.BAD_CERTIFICATE) from None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return PeerKey("ecdsa", key)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return PeerKey("rsa", key)
    raise _unsupported()


def _unsupported() -> RemoteError:
    return RemoteError("certificate key unsupported", AlertDescription.UNSUPPORTED_CERTIFICATE)


MIN_RSA_BITS = 1024


def require_supported(key: object) -> PrivateKey:
    """Narrow a loaded private key to what we can sign with. Raises `LocalError`."""
    if isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        return key
    raise LocalError("private key must be ECDSA or RSA")

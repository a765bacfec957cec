# SPDX-License-Identifier: BSD-3-Clause
"""Ephemeral key shares of ECDHE: X25519 and P-256, made from injected randomness (RFC 8422 5.4, 5.10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from perc_scapy.codes import AlertDescription, NamedGroup
from perc_scapy.errors import RemoteError

Random = Callable[[int], bytes]
_P256 = ec.SECP256R1()
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class KeyShare(Protocol):
    """One side's ephemeral key."""

    public: bytes
    """As it goes on the wire: 32 octets, or an uncompressed point of 65."""

    def shared(self, peer: bytes) -> bytes:
        """The premaster secret. Raises `RemoteError` (illegal_parameter) for an unusable public key."""


class X25519Share:
    """RFC 7748."""

    def __init__(self, random: Random) -> None:
        self._key = x25519.X25519PrivateKey.from_private_bytes(random(32))
        self.public = self._key.public_key().public_bytes_raw()

    def shared(self, peer: bytes) -> bytes:
        try:
            return self._key.exchange(x25519.X25519PublicKey.from_public_bytes(peer))
        except ValueError:  # wrong length, or the all-zero result that RFC 8422 5.11 forbids
            raise _unusable() from None


class P256Share:
    """secp256r1; uncompressed points only (RFC 8422 5.1.2)."""

    def __init__(self, random: Random) -> None:
        # 16 octets more than the order has make the remainder uniform
        scalar = int.from_bytes(random(48), "big") % (_P256_ORDER - 1) + 1
        self._key = ec.derive_private_key(scalar, _P256)
        self.public = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def shared(self, peer: bytes) -> bytes:
        if len(peer) != 65 or peer[0] != 4:
            raise _unusable()
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(_P256, peer)
            return self._key.exchange(ec.ECDH(), point)
        except ValueError:
            raise _unusable() from None


def _unusable() -> RemoteError:
    return RemoteError("key share unusable", AlertDescription.ILLEGAL_PARAMETER)


GROUPS: Mapping[int, Callable[[Random], KeyShare]] = MappingProxyType(
    {int(NamedGroup.X25519): X25519Share, int(NamedGroup.SECP256R1): P256Share}
)
"""Named groups by code point."""

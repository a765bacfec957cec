# SPDX-License-Identifier: BSD-3-Clause
"""EKT parameter sets, ciphers and plaintext (RFC 8870 sections 4.1, 4.2, 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from cryptography.hazmat.primitives import keywrap

from perc_scapy.codes import EktCipher
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import AuthenticationError, CryptoError, DecodeError, EncodeError
from perc_scapy.wire import EKT_MAX_CIPHERTEXT

MAX_MASTER_KEY = 231
"""Octets of the longest SRTP master key whose key-wrap ciphertext (multiple of 8) still fits in 251."""


@dataclass(frozen=True, slots=True)
class EktCipherRow:
    """One EKT cipher (RFC 8870 table 1)."""

    code: EktCipher
    key_length: int
    """L: octets of the EKT key."""
    max_encryptions: int
    """T: different full fields that one EKT key may encrypt."""


EKT_CIPHERS: Mapping[int, EktCipherRow] = MappingProxyType(
    {
        row.code: row
        for row in (
            EktCipherRow(EktCipher.AESKW_128, 16, 1 << 48),
            EktCipherRow(EktCipher.AESKW_256, 32, 1 << 48),
        )
    }
)
"""EKT ciphers by the number sent in supported_ekt_ciphers."""


@dataclass(frozen=True, slots=True)
class EktParameters:
    """An EKT parameter set as an ekt_key message delivers it (RFC 8870 sections 4.2, 5.2.2).

    `DecodeError` when the set cannot be used: unknown cipher, a key of another length, numbers out of range.
    """

    spi: int
    """16 bits that name the set in full EKT fields."""
    cipher: int
    """`EktCipher` negotiated in the handshake."""
    key: Key
    """EKT key (key-encrypting key)."""
    salt: Key
    """SRTP master salt of every master key sent under this set, 1 to 256 octets."""
    ttl: int
    """Seconds from receipt during which the EKT key may be used, 24 bits."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", Key(self.key))
        object.__setattr__(self, "salt", Key(self.salt))
        row = EKT_CIPHERS.get(self.cipher)
        if row is None:
            raise DecodeError(f"EKT: unknown cipher {self.cipher}")
        if len(self.key) != row.key_length:
            raise DecodeError(f"EKT: {row.code.name} takes a key of {row.key_length} octets")
        if not 1 <= len(self.salt) <= 256:
            raise DecodeError("EKT: SRTP master salt must have 1 to 256 octets")
        if not (0 <= self.spi <= 0xFFFF and 0 <= self.ttl <= 0xFFFFFF):
            raise DecodeError("EKT: SPI or TTL out of range")


def check_strength(parameters: EktParameters, key_length: int, salt_length: int) -> None:
    """`CryptoError` unless the set may carry master keys of `key_length` octets and its salt reaches.

    The EKT cipher must be at least as strong as the SRTP cipher (RFC 8870 section 6).
    """
    if len(parameters.key) < key_length:
        raise CryptoError("EKT: the EKT key is shorter than the SRTP master key")
    if len(parameters.salt) < salt_length:
        raise CryptoError(f"EKT: the SRTP master salt has fewer than {salt_length} octets")


def wrap(kek: bytes, plaintext: bytes) -> bytes:
    """AES key wrap with padding (RFC 5649): 8 * ceil(n / 8) + 8 octets. `EncodeError` for an empty plaintext."""
    if not plaintext:
        raise EncodeError("EKT: nothing to wrap")
    return keywrap.aes_key_wrap_with_padding(kek, plaintext)


def unwrap(kek: bytes, ciphertext: bytes) -> bytes:
    """Inverse of `wrap`; `AuthenticationError` when the check value, length or padding is wrong."""
    try:
        return keywrap.aes_key_unwrap_with_padding(kek, ciphertext)
    except (keywrap.InvalidUnwrap, ValueError):
        raise AuthenticationError("EKT: ciphertext does not unwrap under this EKT key") from None


class EktPlaintext(NamedTuple):
    """What a full EKT field encrypts: master key with its length, SSRC, ROC (RFC 8870 section 4.1)."""

    key: Key
    ssrc: int
    roc: int

    def encode(self) -> Key:
        """`length(1) | key | SSRC(4) | ROC(4)`; `EncodeError` for a key that fits no field."""
        if not 1 <= len(self.key) <= MAX_MASTER_KEY:
            raise EncodeError(f"EKT: a master key has 1 to {MAX_MASTER_KEY} octets")
        tail = self.ssrc.to_bytes(4, "big") + self.roc.to_bytes(4, "big")
        return Key(bytes((len(self.key),)) + bytes(self.key) + tail)

    @classmethod
    def decode(cls, plaintext: bytes) -> EktPlaintext:
        """Inverse of `encode`; `DecodeError` unless the length octet accounts for every octet."""
        if len(plaintext) < 10 or plaintext[0] != len(plaintext) - 9:
            raise DecodeError("EKT: master key length does not fit the plaintext", 0)
        key, tail = plaintext[1:-8], plaintext[-8:]
        ssrc, roc = int.from_bytes(tail[:4], "big"), int.from_bytes(tail[4:], "big")
        return cls(Key(key), ssrc, roc)


assert EKT_MAX_CIPHERTEXT >= MAX_MASTER_KEY + 9 + 8

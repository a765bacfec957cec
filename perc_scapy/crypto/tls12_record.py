# SPDX-License-Identifier: BSD-3-Clause
"""Protection of DTLS 1.2 records in one direction of one epoch, with AES-GCM, AES-CCM or ChaCha20-Poly1305."""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from perc_scapy.crypto.tls12_suites import TlsSuite
from perc_scapy.errors import AuthenticationError, EncodeError

DTLS_1_2 = 0xFEFD
_AAD = struct.Struct("!QBHH")
_NUMBER = struct.Struct("!Q")


def _cipher(suite: TlsSuite, key: bytes) -> AESGCM | AESCCM | ChaCha20Poly1305:
    if suite.aead == "gcm":
        return AESGCM(key)
    if suite.aead == "ccm":
        return AESCCM(key, tag_length=suite.tag_length)
    return ChaCha20Poly1305(key)


class RecordProtection:
    """Seals and opens record fragments (RFC 5246 6.2.3.3, RFC 6347 4.1.2.1).

    `number` is epoch * 2**48 + sequence number. `key` has `suite.key_length` octets, `iv` has
    `suite.iv_length`. Raises `EncodeError` for lengths that do not fit the suite.
    """

    __slots__ = ("_cipher", "_explicit", "_iv", "_iv_number", "suite")

    def __init__(self, suite: TlsSuite, key: bytes, iv: bytes) -> None:
        if len(key) != suite.key_length or len(iv) != suite.iv_length:
            raise EncodeError(f"{suite.name}: wrong key or IV length")
        self.suite = suite
        self._cipher = _cipher(suite, bytes(key))
        self._iv = bytes(iv)
        self._iv_number = int.from_bytes(iv, "big")
        self._explicit = suite.explicit_length

    def __repr__(self) -> str:
        return f"RecordProtection({self.suite.name})"

    def _nonce(self, explicit: bytes, number: int) -> bytes:
        if self._explicit:
            return self._iv + explicit
        # RFC 7905 section 2: the padded record number XOR the whole IV; nothing is sent
        return (self._iv_number ^ number).to_bytes(12, "big")

    def seal(
        self, number: int, content_type: int, plaintext: bytes, version: int = DTLS_1_2
    ) -> bytes:
        """Explicit nonce, ciphertext and tag. The explicit nonce is the record number: never used twice."""
        explicit = _NUMBER.pack(number) if self._explicit else b""
        aad = _AAD.pack(number, content_type, version, len(plaintext))
        return explicit + self._cipher.encrypt(self._nonce(explicit, number), plaintext, aad)

    def open(
        self, number: int, content_type: int, fragment: bytes, version: int = DTLS_1_2
    ) -> bytes:
        """The plaintext. The explicit nonce is read from the record, as stacks differ in how they choose it.

        Raises `AuthenticationError`.
        """
        length = len(fragment) - self.suite.overhead
        if length < 0:
            raise AuthenticationError("record shorter than its nonce and tag")
        explicit = fragment[: self._explicit]
        aad = _AAD.pack(number, content_type, version, length)
        try:
            return self._cipher.decrypt(
                self._nonce(explicit, number), fragment[self._explicit :], aad
            )
        except InvalidTag:
            raise AuthenticationError("record does not authenticate") from None

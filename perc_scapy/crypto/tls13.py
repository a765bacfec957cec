# SPDX-License-Identifier: BSD-3-Clause
"""Keys and records of TLS 1.3 for those who read with a traffic secret (RFC 8446 sections 5.2, 5.3, 7.1 to 7.3)."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from perc_scapy.codes import CipherSuite, ContentType
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import AuthenticationError, DecodeError, EncodeError

IV_LENGTH = 12
_HEADER = struct.Struct("!BHH")
_VERSION = 0x0303
"""What a record says of its version, whatever was negotiated (RFC 8446 section 5.1)."""


@dataclass(frozen=True, slots=True)
class Tls13Suite:
    """One cipher suite of TLS 1.3. Lengths are octets."""

    code: int
    name: str
    aead: str
    """`gcm`, `ccm` or `chacha20`."""
    key_length: int
    digest: str
    tag_length: int = 16

    @property
    def secret_length(self) -> int:
        """Octets of every secret: those of the hash."""
        return 48 if self.digest == "sha384" else 32


def _row(code: CipherSuite) -> Tls13Suite:
    name = code.name
    return Tls13Suite(
        code=int(code),
        name=name,
        aead="chacha20" if "CHACHA20" in name else "gcm" if "GCM" in name else "ccm",
        key_length=16 if "AES_128" in name else 32,
        digest="sha384" if name.endswith("SHA384") else "sha256",
        tag_length=8 if "CCM_8" in name else 16,
    )


TLS13_SUITES: Mapping[int, Tls13Suite] = MappingProxyType(
    {int(code): _row(code) for code in CipherSuite if code >> 8 == 0x13}
)
"""The five suites of RFC 8446 appendix B.4, by code point."""


def expand_label(secret: bytes, label: bytes, context: bytes, length: int, digest: str) -> Key:
    """HKDF-Expand-Label (RFC 8446 section 7.1); `length` is at most one or a few hashes."""
    name = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes((len(name),)) + name
    info += bytes((len(context),)) + context
    output, block = b"", b""
    for counter in range(1, 256):
        block = hmac.digest(bytes(secret), block + info + bytes((counter,)), digest)
        output += block
        if len(output) >= length:
            break
    return Key(output[:length])


def next_secret(suite: Tls13Suite, secret: bytes) -> Key:
    """application_traffic_secret_N+1, after a KeyUpdate (RFC 8446 section 7.2)."""
    return expand_label(secret, b"traffic upd", b"", suite.secret_length, suite.digest)


class Tls13Protection:
    """Opens the records that one side sends under one traffic secret.

    Raises `EncodeError` for a secret that has not the length of the suite's hash.
    """

    __slots__ = ("_cipher", "_iv", "suite")

    def __init__(self, suite: Tls13Suite, secret: bytes) -> None:
        if len(secret) != suite.secret_length:
            raise EncodeError(f"{suite.name}: wrong length of a traffic secret")
        self.suite = suite
        key = expand_label(secret, b"key", b"", suite.key_length, suite.digest)
        iv = expand_label(secret, b"iv", b"", IV_LENGTH, suite.digest)
        self._cipher = _cipher(suite, bytes(key))
        self._iv = int.from_bytes(iv, "big")

    def __repr__(self) -> str:
        return f"Tls13Protection({self.suite.name})"

    def open(self, sequence: int, fragment: bytes, version: int = _VERSION) -> tuple[int, bytes]:
        """(content type, content) of a record of type 23. Raises `AuthenticationError`."""
        if len(fragment) <= self.suite.tag_length:
            raise AuthenticationError("record shorter than its tag")
        header = _HEADER.pack(ContentType.APPLICATION_DATA, version, len(fragment))
        nonce = (self._iv ^ sequence).to_bytes(IV_LENGTH, "big")
        try:
            return inner(self._cipher.decrypt(nonce, fragment, header))
        except InvalidTag:
            raise AuthenticationError("record does not authenticate") from None
        except DecodeError as error:
            raise AuthenticationError(error.what) from None


def _cipher(suite: Tls13Suite, key: bytes) -> AESGCM | AESCCM | ChaCha20Poly1305:
    if suite.aead == "gcm":
        return AESGCM(key)
    if suite.aead == "ccm":
        return AESCCM(key, tag_length=suite.tag_length)
    return ChaCha20Poly1305(key)


def inner(plaintext: bytes) -> tuple[int, bytes]:
    """TLSInnerPlaintext: content, its type, zeros (RFC 8446 section 5.2). Raises `DecodeError` for zeros alone."""
    content = plaintext.rstrip(b"\0")
    if not content:
        raise DecodeError("TLS 1.3 record of zeros alone", 0)
    return content[-1], content[:-1]

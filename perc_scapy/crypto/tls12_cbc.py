# SPDX-License-Identifier: BSD-3-Clause
"""CBC and NULL cipher suites with their HMAC, from TLS 1.1 and DTLS 1.0 on: for reading captures, never offered.

MAC-then-encrypt (RFC 5246 6.2.3.2) and encrypt-then-MAC (RFC 7366); the IV is explicit in all of these versions.
"""

from __future__ import annotations

import hmac
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.decrepit.ciphers.algorithms import Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, algorithms, modes

from perc_scapy.codes import CipherSuite
from perc_scapy.errors import AuthenticationError, EncodeError

_HEADER = struct.Struct("!QBHH")
_CIPHER = re.compile(r"(AES|CAMELLIA)_(128|256)_CBC|(3DES)_EDE_CBC|(NULL)(?=_SHA)")
_MACS = {"SHA": 20, "SHA256": 32, "SHA384": 48}
_BLOCKS = {"AES": 16, "CAMELLIA": 16, "3DES": 8, "NULL": 0}


@dataclass(frozen=True, slots=True)
class CbcSuite:
    """One CBC or NULL suite. Lengths are octets."""

    code: int
    name: str
    cipher: str
    """`AES`, `CAMELLIA`, `3DES` or `NULL`."""
    key_length: int
    block: int
    """Of the cipher, and so of the explicit IV; 0 for NULL."""
    mac: str
    """`sha1`, `sha256` or `sha384`."""
    mac_length: int
    prf_hash: str
    """Of TLS 1.2; earlier versions have one PRF for all."""


def _row(code: CipherSuite) -> CbcSuite | None:
    cipher, _, mac = code.name.partition("_WITH_")[2].rpartition("_")
    match = _CIPHER.match(f"{cipher}_{mac}")
    if match is None or mac not in _MACS:
        return None
    family = match[1] or match[3] or match[4]
    key = {"3DES": 24, "NULL": 0}.get(family) if match[2] is None else int(match[2]) // 8
    return CbcSuite(
        code=int(code),
        name=code.name,
        cipher=family,
        key_length=key or 0,
        block=_BLOCKS[family],
        mac="sha1" if mac == "SHA" else mac.lower(),
        mac_length=_MACS[mac],
        prf_hash="sha384" if mac == "SHA384" else "sha256",
    )


CBC_SUITES: Mapping[int, CbcSuite] = MappingProxyType(
    {int(code): row for code in CipherSuite if (row := _row(code)) is not None}
)
"""Every CBC and NULL suite that `codes.CipherSuite` names and whose cipher there is, by code point."""


def _algorithm(suite: CbcSuite, key: bytes) -> CipherAlgorithm:
    if suite.cipher == "AES":
        return algorithms.AES(key)
    return Camellia(key) if suite.cipher == "CAMELLIA" else TripleDES(key)


class CbcProtection:
    """Opens record fragments of one direction of one epoch. `key` and `mac_key` have the suite's lengths.

    Raises `EncodeError` for lengths that do not fit the suite.
    """

    __slots__ = ("_algorithm", "_encrypt_then_mac", "_mac_key", "suite")

    def __init__(
        self, suite: CbcSuite, key: bytes, mac_key: bytes, *, encrypt_then_mac: bool = False
    ) -> None:
        if len(key) != suite.key_length or len(mac_key) != suite.mac_length:
            raise EncodeError(f"{suite.name}: wrong key length")
        self.suite, self._mac_key = suite, bytes(mac_key)
        self._algorithm = _algorithm(suite, bytes(key)) if suite.block else None
        # RFC 7366 section 3: a server that chooses no block cipher leaves the extension out
        self._encrypt_then_mac = encrypt_then_mac and suite.block > 0

    def __repr__(self) -> str:
        return f"CbcProtection({self.suite.name})"

    def open(self, number: int, content_type: int, fragment: bytes, version: int) -> bytes:
        """The plaintext, its MAC verified. `number` is epoch * 2**48 + sequence number, or TLS's sequence number.

        Raises `AuthenticationError`.
        """
        head = (number, content_type, version)
        if self._encrypt_then_mac:
            return self._unpadded(self._checked(head, fragment))
        return self._checked(head, self._unpadded(fragment) if self.suite.block else fragment)

    def _checked(self, head: tuple[int, int, int], data: bytes) -> bytes:
        """What the MAC at the end of `data` covers (RFC 5246 6.2.3.1)."""
        end = len(data) - self.suite.mac_length
        if end < 0:
            raise AuthenticationError("record shorter than its MAC")
        covered = _HEADER.pack(*head, end) + data[:end]
        if not hmac.compare_digest(hmac.digest(self._mac_key, covered, self.suite.mac), data[end:]):
            raise AuthenticationError("record does not authenticate")
        return data[:end]

    def _unpadded(self, data: bytes) -> bytes:
        block = self.suite.block
        if len(data) < 2 * block or len(data) % block or self._algorithm is None:
            raise AuthenticationError("record is not an IV and whole blocks")
        decryptor = Cipher(self._algorithm, modes.CBC(data[:block])).decryptor()
        plain = decryptor.update(data[block:]) + decryptor.finalize()
        padding = plain[-1] + 1
        if padding > len(plain) or plain[-padding:] != plain[-1:] * padding:
            raise AuthenticationError("record has no sound padding")
        return plain[:-padding]

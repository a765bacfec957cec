# SPDX-License-Identifier: BSD-3-Clause
"""The PRF of TLS 1.0 and 1.1, and so of DTLS 1.0 (RFC 2246 section 5, RFC 4346, RFC 4347): for reading only."""

from __future__ import annotations

import hmac


def _p_hash(digest: str, secret: bytes, seed: bytes, length: int) -> bytes:
    block, output = hmac.digest(secret, seed, digest), b""
    while len(output) < length:
        output += hmac.digest(secret, block + seed, digest)
        block = hmac.digest(secret, block, digest)
    return output[:length]


class LegacyPrf:
    """P_MD5 with the first half of the secret XOR P_SHA-1 with the second; halves share an odd octet."""

    __slots__ = ("_first", "_second")

    def __init__(self, secret: bytes) -> None:
        half = (len(secret) + 1) // 2
        self._first, self._second = bytes(secret[:half]), bytes(secret[len(secret) - half :])

    def __repr__(self) -> str:
        return "LegacyPrf()"

    def __call__(self, label: bytes, seed: bytes, length: int) -> bytes:
        """`length` octets for this label and seed."""
        both = [
            int.from_bytes(_p_hash(digest, secret, label + seed, length), "big")
            for digest, secret in (("md5", self._first), ("sha1", self._second))
        ]
        return (both[0] ^ both[1]).to_bytes(length, "big")

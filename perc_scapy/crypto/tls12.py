# SPDX-License-Identifier: BSD-3-Clause
"""TLS 1.2 arithmetic: PRF, master secrets, key block, Finished, exporter (RFC 5246, 7627, 5705).

Used by the DTLS engine and by offline decryption; knows nothing of messages or connections.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES, TlsSuite
from perc_scapy.errors import EncodeError

__all__ = [
    "CIPHER_SUITES",
    "KeyBlock",
    "Prf",
    "RecordProtection",
    "TlsSuite",
    "exporter",
    "extended_master_secret",
    "finished",
    "key_block",
    "master_secret",
    "prf",
    "protections",
]

MASTER_SECRET_LENGTH = 48
VERIFY_DATA_LENGTH = 12
_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
_IPAD = bytes(octet ^ 0x36 for octet in range(256))
_OPAD = bytes(octet ^ 0x5C for octet in range(256))


class Prf:
    """P_hash of RFC 5246 section 5 under one secret; `digest` is `sha256` or `sha384`.

    HMAC's two padded key blocks are hashed once and copied: a handshake asks the same secret five times.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: bytes, digest: str = "sha256") -> None:
        hash_ = _HASHES[digest]
        size = hash_().block_size
        key = hash_(secret).digest() if len(secret) > size else bytes(secret)
        key = key.ljust(size, b"\0")
        self._inner, self._outer = hash_(key.translate(_IPAD)), hash_(key.translate(_OPAD))

    def __repr__(self) -> str:
        return "Prf()"

    def __call__(self, label: bytes, seed: bytes, length: int) -> bytes:
        """`length` octets for this label and seed."""
        seed = label + seed
        block, output = self._hmac(seed), b""
        while True:
            output += self._hmac(block + seed)
            if len(output) >= length:
                return output[:length]
            block = self._hmac(block)

    def _hmac(self, data: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()


def prf(secret: bytes, label: bytes, seed: bytes, length: int, digest: str = "sha256") -> bytes:
    """One call of `Prf`."""
    return Prf(secret, digest)(label, seed, length)


def master_secret(
    premaster: bytes, client_random: bytes, server_random: bytes, digest: str = "sha256"
) -> bytes:
    """48 octets (RFC 5246 8.1)."""
    seed = client_random + server_random
    return prf(premaster, b"master secret", seed, MASTER_SECRET_LENGTH, digest)


def extended_master_secret(premaster: bytes, session_hash: bytes, digest: str = "sha256") -> bytes:
    """48 octets; `session_hash` covers ClientHello to ClientKeyExchange (RFC 7627 section 4)."""
    return prf(premaster, b"extended master secret", session_hash, MASTER_SECRET_LENGTH, digest)


def finished(master: Prf, label: bytes, handshake_hash: bytes) -> bytes:
    """verify_data, 12 octets; `label` is b"client finished" or b"server finished" (RFC 5246 7.4.9)."""
    return master(label, handshake_hash, VERIFY_DATA_LENGTH)


class KeyBlock(NamedTuple):
    """Write keys and implicit IVs of both sides (RFC 5246 6.3; an AEAD has no MAC keys)."""

    client_key: bytes
    server_key: bytes
    client_iv: bytes
    server_iv: bytes

    def __repr__(self) -> str:
        return f"KeyBlock({len(self.client_key)}-octet keys)"


def key_block(suite: TlsSuite, master: Prf, client_random: bytes, server_random: bytes) -> KeyBlock:
    """Cut "key expansion" in the order client key, server key, client IV, server IV.

    `master` is the `Prf` of the master secret under the suite's hash.
    """
    key, iv = suite.key_length, suite.iv_length
    material = master(b"key expansion", server_random + client_random, 2 * (key + iv))
    ivs = material[2 * key :]
    return KeyBlock(material[:key], material[key : 2 * key], ivs[:iv], ivs[iv:])


def protections(
    suite: TlsSuite, master: Prf, client_random: bytes, server_random: bytes
) -> tuple[RecordProtection, RecordProtection]:
    """(client to server, server to client) for epoch 1."""
    keys = key_block(suite, master, client_random, server_random)
    return (
        RecordProtection(suite, keys.client_key, keys.client_iv),
        RecordProtection(suite, keys.server_key, keys.server_iv),
    )


def exporter(
    master: Prf,
    label: bytes,
    client_random: bytes,
    server_random: bytes,
    length: int,
    context: bytes | None = None,
) -> bytes:
    """Keying material of RFC 5705 section 4; without `context` its length is left out too."""
    seed = client_random + server_random
    if context is not None:
        if len(context) > 0xFFFF:
            raise EncodeError("exporter context longer than 65535 octets")
        seed += len(context).to_bytes(2, "big") + context
    return master(label, seed, length)

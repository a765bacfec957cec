# SPDX-License-Identifier: BSD-3-Clause
"""TLS 1.2 arithmetic: PRF, master secrets, key block, Finished, exporter (RFC 5246, 7627, 5705).

Used by the DTLS engine and by offline decryption; knows nothing of messages or connections.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES, TlsSuite
from perc_scapy.errors import EncodeError

__all__ = [
    "CIPHER_SUITES",
    "KeyBlock",
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


def prf(secret: bytes, label: bytes, seed: bytes, length: int, digest: str = "sha256") -> bytes:
    """P_hash of RFC 5246 section 5; `digest` is the suite's PRF hash, `sha256` or `sha384`."""
    seed = label + seed
    block, output = seed, b""
    while len(output) < length:
        block = hmac.digest(secret, block, digest)
        output += hmac.digest(secret, block + seed, digest)
    return output[:length]


def master_secret(
    premaster: bytes, client_random: bytes, server_random: bytes, digest: str = "sha256"
) -> bytes:
    """48 octets (RFC 5246 8.1)."""
    seed = client_random + server_random
    return prf(premaster, b"master secret", seed, MASTER_SECRET_LENGTH, digest)


def extended_master_secret(premaster: bytes, session_hash: bytes, digest: str = "sha256") -> bytes:
    """48 octets; `session_hash` covers ClientHello to ClientKeyExchange (RFC 7627 section 4)."""
    return prf(premaster, b"extended master secret", session_hash, MASTER_SECRET_LENGTH, digest)


def finished(master: bytes, label: bytes, handshake_hash: bytes, digest: str = "sha256") -> bytes:
    """verify_data, 12 octets; `label` is b"client finished" or b"server finished" (RFC 5246 7.4.9)."""
    return prf(master, label, handshake_hash, VERIFY_DATA_LENGTH, digest)


class KeyBlock(NamedTuple):
    """Write keys and implicit IVs of both sides (RFC 5246 6.3; an AEAD has no MAC keys)."""

    client_key: bytes
    server_key: bytes
    client_iv: bytes
    server_iv: bytes

    def __repr__(self) -> str:
        return f"KeyBlock({len(self.client_key)}-octet keys)"


def key_block(
    suite: TlsSuite, master: bytes, client_random: bytes, server_random: bytes
) -> KeyBlock:
    """Cut "key expansion" in the order client key, server key, client IV, server IV."""
    key, iv = suite.key_length, suite.iv_length
    seed = server_random + client_random
    material = prf(master, b"key expansion", seed, 2 * (key + iv), suite.prf_hash)
    ivs = material[2 * key :]
    return KeyBlock(material[:key], material[key : 2 * key], ivs[:iv], ivs[iv:])


def protections(
    suite: TlsSuite, master: bytes, client_random: bytes, server_random: bytes
) -> tuple[RecordProtection, RecordProtection]:
    """(client to server, server to client) for epoch 1."""
    keys = key_block(suite, master, client_random, server_random)
    return (
        RecordProtection(suite, keys.client_key, keys.client_iv),
        RecordProtection(suite, keys.server_key, keys.server_iv),
    )


def exporter(
    master: bytes,
    label: bytes,
    client_random: bytes,
    server_random: bytes,
    length: int,
    context: bytes | None = None,
    digest: str = "sha256",
) -> bytes:
    """Keying material of RFC 5705 section 4; without `context` its length is left out too."""
    seed = client_random + server_random
    if context is not None:
        if len(context) > 0xFFFF:
            raise EncodeError("exporter context longer than 65535 octets")
        seed += len(context).to_bytes(2, "big") + context
    return prf(master, label, seed, length, digest)

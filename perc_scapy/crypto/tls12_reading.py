# SPDX-License-Identifier: BSD-3-Clause
"""What a bystander with a secret needs to read records of (D)TLS up to 1.2: all suites, versions with explicit IVs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from perc_scapy.codes import CipherSuite
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.tls10 import LegacyPrf
from perc_scapy.crypto.tls12 import MASTER_SECRET_LENGTH, Prf
from perc_scapy.crypto.tls12_cbc import CBC_SUITES, CbcProtection, CbcSuite
from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES, TlsSuite

Expand = Callable[[bytes, bytes, int], bytes]
"""A PRF under a secret: (label, seed, length) -> octets."""

MODERN = frozenset((0xFEFD, 0x0303))
"""DTLS 1.2 and TLS 1.2: every suite, and a PRF with the suite's hash."""
LEGACY = frozenset((0xFEFF, 0x0302))
"""DTLS 1.0 and TLS 1.1: CBC only, one PRF. TLS 1.0 chains its IVs over records and is not read."""


class RecordOpener(Protocol):
    """Opens the records of one direction of one epoch. `number` counts as the version's MAC or AEAD counts."""

    def open(self, number: int, content_type: int, fragment: bytes, version: int) -> bytes:
        """Raises `AuthenticationError`."""


def suite_row(code: int, version: int) -> TlsSuite | CbcSuite | None:
    """The suite's row when records of `version` under it can be opened."""
    cbc = CBC_SUITES.get(code)
    if cbc is not None:
        return cbc if version in MODERN | LEGACY else None
    return CIPHER_SUITES.get(code) if version in MODERN else None


def suite_name(code: int) -> str:
    """The registered name, or the number."""
    return CipherSuite(code).name if code in set(CipherSuite) else f"suite {code:#06x}"


def prf_of(code: int, version: int, secret: bytes) -> Expand:
    """The PRF under a master or premaster secret. `suite_row(code, version)` must not be None."""
    if version in LEGACY:
        return LegacyPrf(secret)
    row = CBC_SUITES.get(code) or CIPHER_SUITES[code]
    return Prf(secret, row.prf_hash)


def master_of(prf: Expand, seed: bytes, *, extended: bool) -> Key:
    """Master secret from the PRF of a premaster secret. `seed`: both randoms, or the session hash (RFC 7627)."""
    label = b"extended master secret" if extended else b"master secret"
    return Key(prf(label, seed, MASTER_SECRET_LENGTH))


def openers(
    row: TlsSuite | CbcSuite,
    master: Expand,
    client_random: bytes,
    server_random: bytes,
    *,
    encrypt_then_mac: bool = False,
) -> tuple[RecordOpener, RecordOpener]:
    """(what the client sent, what the server sent), from the key block (RFC 5246 6.3)."""
    mac, key = (row.mac_length if isinstance(row, CbcSuite) else 0), row.key_length
    iv = 0 if isinstance(row, CbcSuite) else row.iv_length
    material = master(b"key expansion", server_random + client_random, 2 * (mac + key + iv))
    macs, keys, ivs = (2 * mac, 2 * (mac + key), len(material))
    pairs = zip(
        _halves(material[:macs]),
        _halves(material[macs:keys]),
        _halves(material[keys:ivs]),
        strict=True,
    )
    client, server = (_opener(row, *parts, encrypt_then_mac) for parts in pairs)
    return client, server


def _halves(data: bytes) -> tuple[bytes, bytes]:
    middle = len(data) // 2
    return data[:middle], data[middle:]


def _opener(
    row: TlsSuite | CbcSuite, mac_key: bytes, key: bytes, iv: bytes, encrypt_then_mac: bool
) -> RecordOpener:
    if isinstance(row, CbcSuite):
        return CbcProtection(row, key, mac_key, encrypt_then_mac=encrypt_then_mac)
    return RecordProtection(row, key, iv)

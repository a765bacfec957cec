# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the suite table, read back against the registry's numbers and the RFCs that define them."""

from __future__ import annotations

import pytest

from perc_scapy.codes import CipherSuite
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES


@pytest.mark.parametrize(
    ("code", "exchange", "authentication", "aead", "key", "hash_", "iv", "explicit", "tag"),
    [
        (0xC02B, "ecdhe", "ecdsa", "gcm", 16, "sha256", 4, 8, 16),
        (0xC02C, "ecdhe", "ecdsa", "gcm", 32, "sha384", 4, 8, 16),
        (0xC02F, "ecdhe", "rsa", "gcm", 16, "sha256", 4, 8, 16),
        (0xC030, "ecdhe", "rsa", "gcm", 32, "sha384", 4, 8, 16),
        (0xC0AC, "ecdhe", "ecdsa", "ccm", 16, "sha256", 4, 8, 16),
        (0xC0AD, "ecdhe", "ecdsa", "ccm", 32, "sha256", 4, 8, 16),
        (0xC0AE, "ecdhe", "ecdsa", "ccm", 16, "sha256", 4, 8, 8),
        (0xC0AF, "ecdhe", "ecdsa", "ccm", 32, "sha256", 4, 8, 8),
        (0xCCA8, "ecdhe", "rsa", "chacha20", 32, "sha256", 12, 0, 16),
        (0xCCA9, "ecdhe", "ecdsa", "chacha20", 32, "sha256", 12, 0, 16),
        (0x009C, "rsa", "rsa", "gcm", 16, "sha256", 4, 8, 16),
        (0x009F, "dhe", "rsa", "gcm", 32, "sha384", 4, 8, 16),
        (0xC0A8, "psk", "psk", "ccm", 16, "sha256", 4, 8, 8),
        (0xD003, "psk", "psk", "ccm", 16, "sha256", 4, 8, 8),
        (0xD005, "psk", "psk", "ccm", 16, "sha256", 4, 8, 16),
        (0xCCAC, "psk", "psk", "chacha20", 32, "sha256", 12, 0, 16),
    ],
)
def test_rows(code, exchange, authentication, aead, key, hash_, iv, explicit, tag):
    row = CIPHER_SUITES[code]
    assert (row.key_exchange, row.authentication, row.aead) == (exchange, authentication, aead)
    assert (row.key_length, row.prf_hash) == (key, hash_)
    assert (row.iv_length, row.explicit_length, row.tag_length) == (iv, explicit, tag)
    assert row.overhead == explicit + tag


NOT_THERE = ("CBC", "SCSV", "ARIA", "CAMELLIA", "WITH_NULL")
"""Modes of other tables, no suites at all, and ciphers that the library lacks with these modes."""


def test_no_row_for_what_is_not_an_aead():
    absent = {int(c) for c in CipherSuite} - CIPHER_SUITES.keys()
    tls13 = {int(c) for c in CipherSuite if "_WITH_" not in c.name}
    assert absent == tls13 | {int(c) for c in CipherSuite if any(n in c.name for n in NOT_THERE)}


def test_suites_with_a_pre_shared_key_are_told_apart_from_those_of_the_engine():
    """An engine that took ECDHE_PSK for ECDHE would offer what it cannot do."""
    psk = [row for row in CIPHER_SUITES.values() if "PSK" in row.name]
    assert len(psk) == 22
    assert {(row.key_exchange, row.authentication) for row in psk} == {("psk", "psk")}
    ecdhe = [row.name for row in CIPHER_SUITES.values() if row.key_exchange == "ecdhe"]
    assert len(ecdhe) == 10
    assert not any("PSK" in name for name in ecdhe)

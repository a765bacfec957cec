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
    ],
)
def test_rows(code, exchange, authentication, aead, key, hash_, iv, explicit, tag):
    row = CIPHER_SUITES[code]
    assert (row.key_exchange, row.authentication, row.aead) == (exchange, authentication, aead)
    assert (row.key_length, row.prf_hash) == (key, hash_)
    assert (row.iv_length, row.explicit_length, row.tag_length) == (iv, explicit, tag)
    assert row.overhead == explicit + tag


def test_no_row_for_what_is_not_an_aead():
    absent = {int(c) for c in CipherSuite} - CIPHER_SUITES.keys()
    assert absent == {int(c) for c in CipherSuite if "CBC" in c.name or "SCSV" in c.name or not c}

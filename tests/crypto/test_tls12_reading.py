# SPDX-License-Identifier: GPL-2.0-only
"""Which suites can be read under which version, and the key block of suites with a MAC key."""

from __future__ import annotations

import pytest

from perc_scapy.codes import CipherSuite
from perc_scapy.crypto import tls12, tls12_reading
from perc_scapy.crypto.tls12_cbc import CBC_SUITES, CbcProtection
from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES
from perc_scapy.dtls.config import DEFAULT_SUITES


@pytest.mark.parametrize("version", [0xFEFD, 0x0303])
def test_all_suites_of_1_2(version: int) -> None:
    readable = {int(c) for c in CipherSuite if tls12_reading.suite_row(c, version)}
    assert readable == CIPHER_SUITES.keys() | CBC_SUITES.keys()
    assert len(readable) == 117


@pytest.mark.parametrize("version", [0xFEFF, 0x0302])
def test_no_aead_before_1_2(version: int) -> None:
    assert {c for c in CipherSuite if tls12_reading.suite_row(c, version)} == CBC_SUITES.keys()


@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0304, 0xFEFC, 0])
def test_versions_that_work_in_other_ways(version: int) -> None:
    assert not any(tls12_reading.suite_row(c, version) for c in CipherSuite)


def test_the_engine_offers_none_of_the_suites_that_are_for_reading_only() -> None:
    assert not CBC_SUITES.keys() & set(DEFAULT_SUITES)
    assert not CBC_SUITES.keys() & CIPHER_SUITES.keys()


def test_the_key_block_has_mac_keys_first() -> None:
    """RFC 5246 6.3: MAC keys, keys, IVs; client before server."""
    row = CBC_SUITES[0xC009]
    master = tls12.Prf(bytes(48))
    client, server = tls12_reading.openers(row, master, b"c" * 32, b"s" * 32)
    material = tls12.prf(bytes(48), b"key expansion", b"s" * 32 + b"c" * 32, 72)
    assert isinstance(client, CbcProtection)
    assert isinstance(server, CbcProtection)
    assert (client._mac_key, server._mac_key) == (material[:20], material[20:40])
    assert (client._algorithm.key, server._algorithm.key) == (material[40:56], material[56:])


def test_aead_suites_have_the_engines_protection() -> None:
    row = CIPHER_SUITES[0xC030]
    master = tls12.Prf(bytes(48), "sha384")
    client, server = tls12_reading.openers(row, master, b"c" * 32, b"s" * 32)
    ours, theirs = tls12.protections(row, master, b"c" * 32, b"s" * 32)
    assert isinstance(client, RecordProtection)
    assert client.open(1 << 48, 23, ours.seal(1 << 48, 23, b"up"), 0xFEFD) == b"up"
    assert server.open(1 << 48, 23, theirs.seal(1 << 48, 23, b"down"), 0xFEFD) == b"down"


def test_prf_by_version_and_suite() -> None:
    modern = tls12_reading.prf_of(0xC024, 0xFEFD, b"m" * 48)
    assert modern(b"L", b"s", 20) == tls12.prf(b"m" * 48, b"L", b"s", 20, "sha384")
    assert type(tls12_reading.prf_of(0xC024, 0xFEFF, b"m")).__name__ == "LegacyPrf"


def test_master_secrets_are_those_of_the_engine() -> None:
    prf = tls12.Prf(b"pre")
    plain = tls12_reading.master_of(prf, b"c" * 32 + b"s" * 32, extended=False)
    assert plain == tls12.master_secret(b"pre", b"c" * 32, b"s" * 32)
    extended = tls12_reading.master_of(prf, b"h" * 32, extended=True)
    assert extended == tls12.extended_master_secret(b"pre", b"h" * 32)


def test_names() -> None:
    assert tls12_reading.suite_name(0xC02B) == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    assert tls12_reading.suite_name(0x4A4A) == "suite 0x4a4a"

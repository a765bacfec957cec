# SPDX-License-Identifier: GPL-2.0-only
"""TLS 1.3 keys against the trace of RFC 8448 section 3; whole connections are in tests/capture/test_tls_sessions.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto.tls13 import (
    TLS13_SUITES,
    Tls13Protection,
    expand_label,
    inner,
    next_secret,
)
from perc_scapy.errors import AuthenticationError, DecodeError, EncodeError

CLIENT_HANDSHAKE = bytes.fromhex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
SERVER_HANDSHAKE = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
AES_128_GCM = TLS13_SUITES[0x1301]


@pytest.mark.parametrize(
    ("secret", "key", "iv"),
    [
        (CLIENT_HANDSHAKE, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"),
        (SERVER_HANDSHAKE, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"),
    ],
)
def test_traffic_keys_of_rfc_8448(secret: bytes, key: str, iv: str) -> None:
    assert expand_label(secret, b"key", b"", 16, "sha256").hex() == key
    assert expand_label(secret, b"iv", b"", 12, "sha256").hex() == iv


@pytest.mark.parametrize(
    ("code", "aead", "key", "digest", "tag"),
    [
        (0x1301, "gcm", 16, "sha256", 16),
        (0x1302, "gcm", 32, "sha384", 16),
        (0x1303, "chacha20", 32, "sha256", 16),
        (0x1304, "ccm", 16, "sha256", 16),
        (0x1305, "ccm", 16, "sha256", 8),
    ],
)
def test_rows(code: int, aead: str, key: int, digest: str, tag: int) -> None:
    row = TLS13_SUITES[code]
    assert (row.aead, row.key_length, row.digest, row.tag_length) == (aead, key, digest, tag)
    assert len(TLS13_SUITES) == 5


def sealed(code: int, sequence: int, plain: bytes, secret: bytes) -> bytes:
    side = Tls13Protection(TLS13_SUITES[code], secret)
    header = bytes((23, 3, 3)) + (len(plain) + side.suite.tag_length).to_bytes(2, "big")
    nonce = (side._iv ^ sequence).to_bytes(12, "big")
    return side._cipher.encrypt(nonce, plain, header)


@pytest.mark.parametrize("code", TLS13_SUITES)
def test_every_octet_and_the_place_are_protected(code: int) -> None:
    secret = bytes(TLS13_SUITES[code].secret_length)
    side = Tls13Protection(TLS13_SUITES[code], secret)
    record = sealed(code, 5, b"text\x17\0\0", secret)
    assert side.open(5, record) == (23, b"text")
    with pytest.raises(AuthenticationError):
        side.open(6, record)
    for position in range(len(record)):
        damaged = bytearray(record)
        damaged[position] ^= 1
        with pytest.raises(AuthenticationError):
            side.open(5, bytes(damaged))


def test_zeros_alone_are_no_record() -> None:
    side = Tls13Protection(AES_128_GCM, bytes(32))
    with pytest.raises(AuthenticationError):
        side.open(0, sealed(0x1301, 0, bytes(9), bytes(32)))
    with pytest.raises(DecodeError):
        inner(b"")
    assert inner(b"\x16") == (22, b"")


def test_each_key_update_gives_another_secret() -> None:
    """RFC 8446 section 7.2: derived from the one before with the label `traffic upd`."""
    first = next_secret(AES_128_GCM, CLIENT_HANDSHAKE)
    assert first == expand_label(CLIENT_HANDSHAKE, b"traffic upd", b"", 32, "sha256")
    assert next_secret(AES_128_GCM, first) != first


def test_long_output_goes_over_several_hashes() -> None:
    long = expand_label(CLIENT_HANDSHAKE, b"x", b"c", 100, "sha256")
    assert len(long) == 100
    assert len({bytes(long[i : i + 32]) for i in range(0, 96, 32)}) == 3


@given(st.binary(max_size=60), st.integers(0, (1 << 64) - 1))
def test_any_octets(fragment: bytes, sequence: int) -> None:
    with pytest.raises(AuthenticationError):
        Tls13Protection(AES_128_GCM, bytes(32)).open(sequence, fragment)


def test_a_secret_of_another_hash_is_our_mistake() -> None:
    with pytest.raises(EncodeError):
        Tls13Protection(AES_128_GCM, bytes(48))
    side = Tls13Protection(AES_128_GCM, CLIENT_HANDSHAKE)
    assert repr(side) == "Tls13Protection(TLS_AES_128_GCM_SHA256)"

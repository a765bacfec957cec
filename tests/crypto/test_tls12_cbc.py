# SPDX-License-Identifier: GPL-2.0-only
"""CBC and NULL records: rows against the registry, form and MAC of records made here with the primitives alone.

That they open what other stacks sealed is shown in tests/capture/test_openssl_suites.py.
"""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.codes import CipherSuite
from perc_scapy.crypto.tls12_cbc import CBC_SUITES, CbcProtection
from perc_scapy.errors import AuthenticationError, EncodeError

NUMBER, KIND, VERSION = 1 << 48 | 7, 23, 0xFEFD
ROW = CBC_SUITES[0xC009]
KEY, MAC_KEY, IV = bytes(range(16)), bytes(range(20)), bytes(range(0x40, 0x50))


@pytest.mark.parametrize(
    ("code", "cipher", "key", "block", "mac", "mac_length", "prf"),
    [
        (0x002F, "AES", 16, 16, "sha1", 20, "sha256"),
        (0x0035, "AES", 32, 16, "sha1", 20, "sha256"),
        (0x003D, "AES", 32, 16, "sha256", 32, "sha256"),
        (0xC024, "AES", 32, 16, "sha384", 48, "sha384"),
        (0xC073, "CAMELLIA", 32, 16, "sha384", 48, "sha384"),
        (0x000A, "3DES", 24, 8, "sha1", 20, "sha256"),
        (0x0002, "NULL", 0, 0, "sha1", 20, "sha256"),
        (0xC03B, "NULL", 0, 0, "sha384", 48, "sha384"),
    ],
)
def test_rows(code, cipher, key, block, mac, mac_length, prf) -> None:
    row = CBC_SUITES[code]
    assert (row.cipher, row.key_length, row.block) == (cipher, key, block)
    assert (row.mac, row.mac_length, row.prf_hash) == (mac, mac_length, prf)
    assert row.name == CipherSuite(code).name


def test_every_cbc_suite_that_has_a_name_has_a_row() -> None:
    named = {int(c) for c in CipherSuite if "_CBC_" in c.name}
    assert named <= CBC_SUITES.keys()
    assert all("_CBC_" in row.name or "NULL" in row.name for row in CBC_SUITES.values())


def encrypt(data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(IV)).encryptor()
    return IV + encryptor.update(data) + encryptor.finalize()


def mac(data: bytes, number: int = NUMBER) -> bytes:
    head = number.to_bytes(8, "big") + bytes((KIND,)) + VERSION.to_bytes(2, "big")
    return hmac.digest(MAC_KEY, head + len(data).to_bytes(2, "big") + data, "sha1")


def padding(length: int, extra: int = 0) -> bytes:
    count = 15 - length % 16 + 16 * extra
    return bytes((count,)) * (count + 1)


def mac_then_encrypt(plain: bytes, extra: int = 0) -> bytes:
    inner = plain + mac(plain)
    return encrypt(inner + padding(len(inner), extra))


def encrypt_then_mac(plain: bytes) -> bytes:
    sealed = encrypt(plain + padding(len(plain)))
    return sealed + mac(sealed)


PLAIN = CbcProtection(ROW, KEY, MAC_KEY)
ETM = CbcProtection(ROW, KEY, MAC_KEY, encrypt_then_mac=True)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 16, 100, 16384])
def test_both_orders_of_mac_and_encryption(length: int) -> None:
    plain = bytes(i % 251 for i in range(length))
    assert PLAIN.open(NUMBER, KIND, mac_then_encrypt(plain), VERSION) == plain
    assert PLAIN.open(NUMBER, KIND, mac_then_encrypt(plain, 3), VERSION) == plain
    assert ETM.open(NUMBER, KIND, encrypt_then_mac(plain), VERSION) == plain


SEALED = [(PLAIN, mac_then_encrypt(b"text")), (ETM, encrypt_then_mac(b"text"))]


@pytest.mark.parametrize(("side", "sealed"), SEALED)
def test_every_octet_is_protected(side: CbcProtection, sealed: bytes) -> None:
    assert side.open(NUMBER, KIND, sealed, VERSION) == b"text"
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(AuthenticationError):
            side.open(NUMBER, KIND, bytes(damaged), VERSION)
    for head in ((NUMBER + 1, KIND), (NUMBER, 22)):
        with pytest.raises(AuthenticationError):
            side.open(*head, sealed, VERSION)
    with pytest.raises(AuthenticationError):
        side.open(NUMBER, KIND, sealed, 0xFEFF)


def test_one_order_is_not_the_other() -> None:
    with pytest.raises(AuthenticationError):
        PLAIN.open(NUMBER, KIND, encrypt_then_mac(b"text"), VERSION)
    with pytest.raises(AuthenticationError):
        ETM.open(NUMBER, KIND, mac_then_encrypt(b"text"), VERSION)


def test_padding_must_be_sound_even_when_the_mac_is_right() -> None:
    inner = b"x" * 12 + mac(b"x" * 12)
    assert PLAIN.open(NUMBER, KIND, encrypt(inner + b"\x0f" * 16), VERSION) == b"x" * 12
    with pytest.raises(AuthenticationError):
        PLAIN.open(NUMBER, KIND, encrypt(inner + b"\x0e" + b"\x0f" * 15), VERSION)


def test_a_null_cipher_has_a_mac_all_the_same() -> None:
    side = CbcProtection(CBC_SUITES[0xC006], b"", MAC_KEY, encrypt_then_mac=True)
    assert side.open(NUMBER, KIND, b"open" + mac(b"open"), VERSION) == b"open"
    with pytest.raises(AuthenticationError):
        side.open(NUMBER, KIND, b"Open" + mac(b"open"), VERSION)


@given(st.binary(max_size=120), st.sampled_from(sorted(CBC_SUITES)), st.booleans())
def test_any_octets(fragment: bytes, code: int, etm: bool) -> None:
    row = CBC_SUITES[code]
    side = CbcProtection(row, bytes(range(row.key_length)), bytes(row.mac_length), encrypt_then_mac=etm)  # fmt: skip
    with pytest.raises(AuthenticationError):
        side.open(NUMBER, KIND, fragment, VERSION)


def test_wrong_lengths_are_our_mistake() -> None:
    with pytest.raises(EncodeError):
        CbcProtection(ROW, KEY[:-1], MAC_KEY)
    with pytest.raises(EncodeError):
        CbcProtection(ROW, KEY, MAC_KEY[:-1])
    assert repr(PLAIN) == f"CbcProtection({ROW.name})"

# SPDX-License-Identifier: GPL-2.0-only
"""One attempt: it opens what libcrypto sealed, and nothing else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from perc_scapy.explain.trials import IV_FORMS, gcm_opens, header_forms

KEY, IV = bytes(range(16)), bytes(12)


def test_opens() -> None:
    sealed = AESGCM(KEY).encrypt(IV, b"plain", b"aad")
    assert gcm_opens(KEY, IV, sealed, b"aad") == b"plain"
    assert gcm_opens(KEY, IV, sealed, b"") is None


@pytest.mark.parametrize(
    ("key", "iv", "body"), [(b"", IV, bytes(20)), (KEY, b"", bytes(20)), (KEY, IV, b"short")]
)
def test_what_cannot_be_tried(key: bytes, iv: bytes, body: bytes) -> None:
    assert gcm_opens(key, iv, body, b"") is None


def test_ivs_differ_and_have_twelve_octets() -> None:
    ivs = [option.value(bytes(range(12)), 0xCAFEBABE, 3, 0x1234) for option in IV_FORMS]
    assert len(set(ivs)) == len(ivs)
    assert {len(iv) for iv in ivs} == {12}


@pytest.mark.req("SRT-01")
def test_right_iv_is_that_of_the_vectors() -> None:
    salt = bytes.fromhex("0382feea6ad5f56ec829cc79")
    assert IV_FORMS[0].value(salt, 0xCAFEBABE, 0, 0x1234).hex() == "03823414d06bf56ec829de4d"


def test_headers() -> None:
    header = bytes.fromhex("918f1234decafbadcafebabe00000001bede000110aabbcc")
    forms = [option.value for option in header_forms(header)]
    assert forms[0] == header
    assert len(set(forms)) == len(forms)
    assert header_forms(b"")[0].value == b""

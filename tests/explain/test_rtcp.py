# SPDX-License-Identifier: GPL-2.0-only
"""Faults of SRTCP senders are named."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from perc_scapy.codes import ProtectionProfile
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.explain.rtcp import explain_rtcp, forms
from perc_scapy.explain.search import Option, Outcome
from tests.explain.forge import prf

GCM = SRTP_PROFILES[ProtectionProfile.SRTP_AEAD_AES_128_GCM]
CM32 = SRTP_PROFILES[ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_32]
MASTER = MasterKey(Key(bytes(range(16))), Key(bytes(range(0x20, 0x2C))))
REPORT = bytes.fromhex("80c90001feedc0de") + bytes(24)
E_BIT = 1 << 31


def sealed(
    labels: tuple[int, int] = (3, 5),
    *,
    shift: int = 48,
    word: int = E_BIT | 1,
    word_aad: bool = True,
    clear: int = 8,
    word_first: bool = False,
) -> bytes:
    salt14 = bytes(MASTER.salt).ljust(14, b"\0")
    key, salt = (
        prf(bytes(MASTER.key), salt14, labels[0], 16),
        prf(bytes(MASTER.key), salt14, labels[1], 12),
    )
    ssrc = int.from_bytes(REPORT[4:8], "big")
    iv = (int.from_bytes(salt, "big") ^ ssrc << shift ^ word & ~E_BIT).to_bytes(12, "big")
    tail = word.to_bytes(4, "big")
    aad = REPORT[:clear] + (tail if word_aad else b"")
    body = AESGCM(key).encrypt(iv, REPORT[clear:], aad)
    if word_first:
        return REPORT[:clear] + body[:-16] + tail + body[-16:]
    return REPORT[:clear] + body + tail


def explained(wire: bytes) -> Outcome:
    return explain_rtcp(wire, GCM, [Option(MASTER)])


def test_the_right_way() -> None:
    outcome = explained(sealed())
    assert outcome.found
    assert outcome.deviations == []


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (sealed((0, 2)), "SRTP keys"),
        (sealed((3, 2)), "SRTP salt"),
        (sealed(shift=64), "first octets of the IV"),
        (sealed(word_aad=False), "index word is not authenticated"),
        (sealed(word_first=True), "in front of the tag"),
        (sealed(word=1), "although E is 0"),
        (sealed() + b"\0", "short EKT field"),
    ],
)
def test_gcm(wire: bytes, words: str) -> None:
    names = [option.name for option in explained(wire).deviations]
    assert len(names) == 1
    assert words in names[0]


def _cm(size: int, *, word_last: bool = False) -> Outcome:
    master = MasterKey(MASTER.key, Key(bytes(range(0x20, 0x2E))))
    auth = prf(bytes(master.key), bytes(master.salt), 4, 20)
    word = (E_BIT | 1).to_bytes(4, "big")
    tag = hmac.digest(auth, REPORT + word, "sha1")[:size]
    wire = REPORT + tag + word if word_last else REPORT + word + tag
    return explain_rtcp(wire, CM32, [Option(master)])


def test_hmac() -> None:
    assert _cm(10).deviations == []
    assert "4 octets" in _cm(4).deviations[0].name
    assert "behind the tag" in _cm(10, word_last=True).deviations[0].name


@pytest.mark.parametrize("size", [0, 7, 12, 27, 40])
def test_noise_fits_nothing(size: int) -> None:
    assert not explained(bytes(range(size))).found


def test_every_form_has_a_name() -> None:
    assert len(set(forms())) > 8

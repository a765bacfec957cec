# SPDX-License-Identifier: GPL-2.0-only
"""RTCP that can be read."""

from __future__ import annotations

import pytest

from perc_scapy.crypto import SrtpContext
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.keys.anonymous.rtcp import anonymous_rtcp
from perc_scapy.layers.rtcp import RTCP

NAMES = Pseudonyms(bytes(32))
RR = b"\x80\xc9\x00\x01\0\0\0\5"
SDES = (
    b"\x82\xca\x00\x0a"
    b"\0\0\0\5\x01\x0ealice@home.net\x06\x04tool\0\0"
    b"\0\0\0\6\x01\x03bob\0\0\0"
)  # fmt: skip
BYE = b"\x81\xcb\x00\x03\0\0\0\5\x06fired!\0"
APP = b"\x80\xcc\x00\x03\0\0\0\5NAMEdata"
COMPOUND = RR + SDES + BYE + APP
WORDS = [b"alice", b"home", b"tool", b"bob", b"fired", b"data"]


def again(data: bytes) -> bytes:
    new = anonymous_rtcp(data, NAMES)
    assert len(new) == len(data)
    return new


def test_plain_reports_read_as_before_without_their_texts() -> None:
    assert len(SDES) == 44
    new = again(COMPOUND)
    assert not [word for word in WORDS if word in new]
    assert new[:8] == RR
    assert RTCP(new).faults() == RTCP(COMPOUND).faults() == ()
    assert again(RR) == RR


@pytest.mark.parametrize("profile", [1, 2, 7, 8])
def test_authenticated_ones_too_and_encrypted_ones_stay(profile: int) -> None:
    row = SrtpContext(profile, bytes(16 if profile != 8 else 32), bytes(14 if profile < 3 else 12))
    readable = row.protect_rtcp(COMPOUND, encrypt=False)
    new = again(readable)
    assert not [word for word in WORDS if word in new]
    assert new[len(COMPOUND) :] == readable[len(COMPOUND) :]
    for packet in (COMPOUND, SDES):
        sealed = row.protect_rtcp(packet)
        assert again(sealed) == sealed


@pytest.mark.parametrize("cut", range(len(COMPOUND)))
def test_any_octets_keep_their_length(cut: int) -> None:
    again(COMPOUND[:cut])
    again(COMPOUND[:cut] + b"\xff" * 30)
    broken = bytearray(COMPOUND)
    broken[cut] ^= 0xFF
    again(bytes(broken))

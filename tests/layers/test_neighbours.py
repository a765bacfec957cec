# SPDX-License-Identifier: GPL-2.0-only
"""TURN channels, ZRTP, and STUN that does not parse: shown, never raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.layers import ZRTP, MalformedSTUN, TURNChannelData
from tests.layers.compile.test_equivalence import agree


def test_turn_channel():
    octets = bytes.fromhex("40000005") + b"hello" + bytes(3)
    assert agree(TURNChannelData, octets)
    shown = TURNChannelData(octets)
    assert (shown.channel_number, shown.data, shown.filling) == (0x4000, b"hello", bytes(3))
    assert bytes(TURNChannelData(data=b"hello", filling=bytes(3))) == octets
    assert not agree(TURNChannelData, octets[:8])


def test_malformed_stun_shows_as_much_as_there_is():
    octets = bytes.fromhex("000100082112a442") + b"transaction!" + b"\0\6\xff\xff"
    shown = MalformedSTUN(octets)
    assert not agree(MalformedSTUN, octets)
    assert (shown.message_type, shown.length, shown.transaction_id) == (1, 8, b"transaction!")
    assert "malformed" in shown.summary()


@pytest.mark.parametrize("cls", [ZRTP, TURNChannelData, MalformedSTUN])
@given(octets=st.binary(max_size=40))
def test_random_octets(cls, octets):
    agree(cls, octets)

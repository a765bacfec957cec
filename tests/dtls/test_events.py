# SPDX-License-Identifier: GPL-2.0-only
"""Events are values."""

from __future__ import annotations

import dataclasses

import pytest

from perc_scapy.dtls import ConnectionClosed, EktKeyAcknowledged, EktKeyReceived
from tests.dtls.pairs import ekt_parameters


def test_frozen_and_comparable():
    event = EktKeyAcknowledged(7)
    assert event == EktKeyAcknowledged(7) != EktKeyAcknowledged(8)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.spi = 8


def test_no_key_in_text():
    text = repr(EktKeyReceived(ekt_parameters()))
    assert "c0c1" not in text
    assert "\\xc0" not in text


def test_closed_says_who():
    assert ConnectionClosed("handshake timeout", None, local=True).local

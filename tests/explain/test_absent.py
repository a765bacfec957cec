# SPDX-License-Identifier: GPL-2.0-only
"""What is missing is told before anything is tried."""

from __future__ import annotations

from perc_scapy.explain.absent import absent, profile_of
from tests.explain.forge import Sender, association, conference, with_packets


def test_an_open_packet() -> None:
    cause = absent(conference(), conference().media[0])
    assert cause is not None
    assert cause.kind == "open"


def test_a_packet_sent_twice() -> None:
    wire = Sender().packet()
    analysis = with_packets(wire, wire)
    cause = absent(analysis, analysis.media[-1])
    assert cause is not None
    assert "duplicate or a replay" in cause.text


def test_nothing_is_missing_where_a_tag_is_wrong() -> None:
    wire = bytearray(Sender().packet())
    wire[20] ^= 1
    analysis = with_packets(bytes(wire))
    assert absent(analysis, analysis.media[-1]) is None


def test_profile() -> None:
    assert profile_of(association()) == 0x0009

# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.media.sequencer import WINDOW, RtpPayload, Sequencer


def feed(sequences: list[int], sequencer: Sequencer | None = None) -> list[RtpPayload]:
    sequencer = sequencer or Sequencer()
    found = []
    for n in sequences:
        found += sequencer.add(n & 0xFFFF, 160 * n & 0xFFFFFFFF, 0, False, b"%d" % n)
    return found + sequencer.finish()


@pytest.mark.parametrize("first", [0, 65530, 65535])
def test_any_order_within_the_window(first: int) -> None:
    order = list(range(first, first + 40))
    mixed = order[:1] + random.Random(first).sample(order[1:], 39)
    found = feed(mixed)
    assert [int(p.data) for p in found] == order
    assert [p.sequence - found[0].sequence for p in found] == list(range(40))
    assert [p.timestamp - found[0].timestamp for p in found] == [160 * n for n in range(40)]
    assert not any(p.lost for p in found)


def test_what_never_comes_is_told_before_what_follows() -> None:
    sequencer = Sequencer()
    found = feed([0, 1, 4, 5, 9], sequencer)
    assert [(int(p.data), p.lost) for p in found] == [(0, 0), (1, 0), (4, 2), (5, 0), (9, 3)]
    assert (sequencer.lost, sequencer.late) == (5, 0)


def test_a_hole_is_waited_for_no_longer_than_the_window() -> None:
    sequencer = Sequencer()
    held = [sequencer.add(n, 0, 0, False, b"") for n in (0, *range(2, WINDOW + 3))]
    assert [len(found) for found in held] == [1, *[0] * WINDOW, WINDOW + 1]
    assert sequencer.add(1, 0, 0, False, b"") == []
    assert sequencer.late == 1


def test_repeats_are_used_once() -> None:
    sequencer = Sequencer()
    assert [int(p.data) for p in feed([0, 1, 1, 0, 2, 2], sequencer)] == [0, 1, 2]
    assert sequencer.late == 3


def test_a_sender_that_begins_anew_is_followed() -> None:
    found = feed([5000, 5001, 10, 11])
    assert [int(p.data) for p in found] == [5000, 5001, 10, 11]


@given(st.lists(st.integers(0, 0xFFFF) | st.integers(0, 30), max_size=200))
def test_order_and_bounds_hold_for_anything(sequences: list[int]) -> None:
    sequencer, last = Sequencer(), None
    for n in sequences:
        for packet in sequencer.add(n, 0, 0, False, b""):
            assert packet.lost >= 0
            last = packet
        assert len(sequencer._waiting) <= WINDOW
    assert last is not None or not sequences or sequencer.finish()

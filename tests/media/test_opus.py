# SPDX-License-Identifier: GPL-2.0-only
"""Lengths of Opus packets, from RFC 6716 section 3."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import DecodeError
from perc_scapy.media.opus import LONGEST, frame_samples, is_stereo, lost_packet, packet_samples


@pytest.mark.parametrize(
    ("config", "milliseconds"),
    [(0, 10), (1, 20), (2, 40), (3, 60), (11, 60), (12, 10), (13, 20), (14, 10), (15, 20),
     (16, 2.5), (17, 5), (18, 10), (19, 20), (28, 2.5), (31, 20)],
)  # fmt: skip
def test_table_2(config: int, milliseconds: float) -> None:
    assert frame_samples(config << 3) == milliseconds * 48


@pytest.mark.parametrize(
    ("packet", "frames"),
    [(b"\xf8", 1), (b"\xf9ab", 2), (b"\xfa\x01ab", 2), (b"\xfb\x03abc", 3), (b"\xfb\x83abc", 3)],
)
def test_frames_of_a_packet(packet: bytes, frames: int) -> None:
    assert packet_samples(packet) == frames * 960


@pytest.mark.parametrize(
    "packet", [b"", b"\xf9a", b"\xfa", b"\xfb", b"\xfb\x00", b"\xfb\x07x", bytes(61_441)]
)
def test_forms_that_cannot_be(packet: bytes) -> None:
    """No frames, more than 120 ms, unequal halves, nothing at all."""
    with pytest.raises(DecodeError):
        packet_samples(packet)


def test_the_packet_that_stands_for_a_lost_one() -> None:
    assert lost_packet(0xFF) == b"\xfc"
    assert packet_samples(lost_packet(0xFF)) == 960
    assert (is_stereo(b"\xfc"), is_stereo(b"\xf8"), is_stereo(b"")) == (True, False, False)


@given(st.binary(max_size=40))
def test_nothing_else_is_raised(packet: bytes) -> None:
    with contextlib.suppress(DecodeError):
        assert 0 < packet_samples(packet) <= LONGEST

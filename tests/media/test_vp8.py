# SPDX-License-Identifier: GPL-2.0-only
"""Payload descriptors and frames of VP8, typed out from RFC 7741."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import DecodeError
from perc_scapy.media import vp8
from perc_scapy.media.vp8 import Piece, Size, Vp8Depacketizer, key_frame_size, read_payload

KEY = bytes.fromhex("500100 9d012a 4001 f000") + bytes(30)


@pytest.mark.parametrize(
    ("descriptor", "first"),
    [
        ("10", True), ("00", False), ("11", False),
        ("9080 05", True),  # picture id, 7 bits
        ("9080 8005", True),  # picture id, 15 bits
        ("9040 07", True),  # TL0PICIDX
        ("9020 20", True), ("9010 1f", True), ("9030 3f", True),  # TID, KEYIDX
        ("90f0 8005 07 3f", True),
        ("9000", True),
    ],
)  # fmt: skip
def test_descriptors_of_every_form(descriptor: str, first: bool) -> None:
    assert read_payload(bytes.fromhex(descriptor) + b"frame") == Piece(first, b"frame")


@pytest.mark.parametrize(
    "payload", ["", "10", "90", "9080", "908005", "9080 8005", "90f0 8005 07 3f"]
)
def test_descriptors_cut_short(payload: str) -> None:
    with pytest.raises(DecodeError):
        read_payload(bytes.fromhex(payload))


def test_the_size_that_a_key_frame_tells() -> None:
    assert key_frame_size(KEY) == Size(320, 240)
    assert key_frame_size(b"\x51" + KEY[1:]) is None
    assert key_frame_size(KEY[:9]) is None
    assert key_frame_size(KEY[:3] + b"\x9d\x01\x2b" + KEY[6:]) is None


def test_frames_in_pieces() -> None:
    reader = Vp8Depacketizer()
    assert reader.add(b"\x10" + KEY, 100, True) == KEY
    assert reader.add(b"\x10one ", 200, False) is None
    assert reader.add(b"\x00two ", 200, False) is None
    assert reader.add(b"\x01second partition", 200, True) == b"one two second partition"
    assert reader.dropped == 0


def test_holes_drop_frames_and_never_join_two() -> None:
    reader = Vp8Depacketizer()
    reader.add(b"\x10one", 100, False)
    assert reader.add(b"\x00three", 100, True, lost=True) is None
    assert reader.add(b"\x10four", 200, False) is None
    assert reader.add(b"\x00six", 300, True) is None  # the end of another frame
    assert reader.add(b"\x10seven", 400, False) is None
    assert reader.add(b"\x10eight", 400, True) == b"eight"
    assert reader.add(b"", 500, True) is None
    assert reader.dropped == 6


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(vp8, "MAX_FRAME", 10)
    reader = Vp8Depacketizer()
    assert reader.add(b"\x1012345678", 1, False) is None
    assert reader.add(b"\x0012345678", 1, True) is None
    assert reader.dropped == 2


@given(st.lists(st.tuples(st.binary(max_size=12), st.integers(0, 2), st.booleans(), st.booleans())))
def test_nothing_raises(payloads: list[tuple[bytes, int, bool, bool]]) -> None:
    reader = Vp8Depacketizer()
    for payload, timestamp, marker, lost in payloads:
        frame = reader.add(payload, timestamp, marker, lost=lost)
        assert frame is None or marker

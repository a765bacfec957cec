# SPDX-License-Identifier: GPL-2.0-only
"""The smallest part of the codec: bounds of integers and vectors."""

from __future__ import annotations

import pytest

from perc_scapy.dtls.cursor import Cursor, uint16_list, uint16_octets, vector
from perc_scapy.errors import DecodeError, EncodeError


def test_reading():
    cursor = Cursor(bytes.fromhex("01 0203 02aabb ff"), "thing")
    assert (cursor.uint(1), cursor.uint(2), cursor.vector(1, 0, 2)) == (1, 0x0203, b"\xaa\xbb")
    assert not cursor.exhausted
    with pytest.raises(DecodeError, match="left over"):
        cursor.end()
    assert cursor.take(1) == b"\xff"
    assert cursor.exhausted
    cursor.end()


@pytest.mark.parametrize(
    "read",
    [
        lambda c: c.take(4),
        lambda c: c.uint(4),
        lambda c: c.vector(4, 0, 255),
        lambda c: c.vector(1, 0, 255),
    ],
)
def test_cut_short(read):
    with pytest.raises(DecodeError, match="thing: cut short"):
        read(Cursor(b"\x03\x00\x00", "thing"))


@pytest.mark.parametrize(("minimum", "maximum", "item"), [(3, 9, 1), (0, 1, 1), (0, 9, 3)])
def test_vector_bounds(minimum, maximum, item):
    with pytest.raises(DecodeError, match="not allowed"):
        Cursor(b"\x02ab", "thing").vector(1, minimum, maximum, item)


def test_writing():
    assert vector(b"ab", 2) == b"\0\2ab"
    for data, minimum, maximum in ((b"", 1, None), (bytes(256), 0, None), (b"abc", 0, 2)):
        with pytest.raises(EncodeError):
            vector(data, 1, minimum, maximum)


def test_uint16_lists():
    assert uint16_list(b"\0\1\xff\xfe") == (1, 0xFFFE)
    assert uint16_octets((1, 0xFFFE)) == b"\0\1\xff\xfe"

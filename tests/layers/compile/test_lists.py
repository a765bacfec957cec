# SPDX-License-Identifier: GPL-2.0-only
"""Strict reading of lists."""

from __future__ import annotations

import pytest

from perc_scapy.errors import DecodeError
from perc_scapy.layers.compile.decoder import decoder
from perc_scapy.layers.compile.lists import items_reader
from perc_scapy.layers.fields import U8, U16, U24, Fixed, Opaque, Vector
from tests.layers.toys import ToyRandom


def read(item, octets: bytes, count: int = -1):
    field = Vector("list", item, max=65535)
    return items_reader(field, "Layer.list", decoder)(octets, 0, len(octets), count)


@pytest.mark.parametrize(
    ("item", "octets", "values"),
    [
        (U8(), b"\1\2", (1, 2)),
        (U16(), b"\0\1\0\2", (1, 2)),
        (U24(), b"\0\0\1\0\0\2", (1, 2)),
        (U8(only=(1, 2)), b"\1\2", (1, 2)),
        (Fixed("x", 2), b"abcd", (b"ab", b"cd")),
        (Opaque(max=255), b"\1a\2bc", (b"a", b"bc")),
    ],
)
def test_values(item, octets, values):
    assert read(item, octets) == (values, len(octets))
    assert read(item, octets, 1)[0] == values[:1]
    assert read(item, b"") == ((), 0)


@pytest.mark.parametrize(
    ("item", "octets", "count", "offset"),
    [
        (U16(), b"\0\1\0", -1, 0),
        (U16(), b"\0\1", 2, 0),
        (U24(), b"\0\0\1\0", -1, 3),
        (U8(only=(1,)), b"\1\2", -1, 1),
        (Opaque(max=255), b"\1a\2b", -1, 2),
        (Opaque(min=1, max=255), b"\1a\0", -1, 2),
        (ToyRandom, b"abcd\0ab", -1, 5),
        (ToyRandom, b"abcd\0", 2, 5),
    ],
)
def test_refusals_say_where(item, octets, count, offset):
    with pytest.raises(DecodeError) as caught:
        read(item, octets, count)
    assert caught.value.offset == offset


def test_packets():
    items, pos = read(ToyRandom, b"abcd\0" + b"efgh\1x")
    assert [item.cookie for item in items] == [b"", b"x"]
    assert pos == 11

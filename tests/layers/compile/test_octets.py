# SPDX-License-Identifier: GPL-2.0-only
"""Octets of single values in records."""

from __future__ import annotations

import pytest

from perc_scapy.errors import EncodeError
from perc_scapy.layers.compile import record
from perc_scapy.layers.compile.octets import octets_writer
from perc_scapy.layers.fields import (
    U8,
    U16,
    U24,
    Fixed,
    Nested,
    Opaque,
    RepeatToEnd,
    Rest,
    Size,
    Sized,
    Vector,
)
from tests.layers.toys import ToyRandom

RANDOM = record(ToyRandom, random=b"abcd", cookie=b"x")

GOOD = [
    (U24("n"), 5, b"\0\0\5"),
    (Fixed("f", 2), b"ab", b"ab"),
    (Opaque("o", max=255), b"ab", b"\2ab"),
    (Opaque("o", max=70000), b"ab", b"\0\0\2ab"),
    (Rest("r"), b"ab", b"ab"),
    (Sized("s", size=Size("n", unit=4, pad=True)), b"ab", b"ab\0\0"),
    (Sized("s", size="n", max=2), b"ab", b"ab"),
    (Vector("v", U16(), max=65535), (1, 2), b"\0\4\0\1\0\2"),
    (Vector("v", Opaque(max=255), max=65535), (b"a", b""), b"\0\3\1a\0"),
    (Vector("v", ToyRandom, max=255), (RANDOM,), b"\6abcd\1x"),
    (RepeatToEnd("r", U16()), (1,), b"\0\1"),
    (Nested("n", ToyRandom), RANDOM, b"abcd\1x"),
]


@pytest.mark.parametrize(("field", "value", "octets"), GOOD)
def test_octets(field, value, octets):
    assert octets_writer(field)(value) == octets


BAD = [
    (U24("n"), 1 << 24),
    (U8("n", only=(1,)), 2),
    (Fixed("f", 2), b"abc"),
    (Opaque("o", min=1, max=255), b""),
    (Opaque("o", max=2), b"abc"),
    (Sized("s", size="n", max=2), b"abc"),
    (Vector("v", U16(), min=2, max=65535), ()),
    (Vector("v", U8(), max=2), (1, 2, 3)),
    (RepeatToEnd("r", U16(), min=1), ()),
    (Vector("v", U8(), max=300, prefix=1), (0,) * 257),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_forbidden(field, value):
    with pytest.raises(EncodeError):
        octets_writer(field)(value)


@pytest.mark.parametrize(
    ("field", "value"), [(Rest("r"), "text"), (Fixed("f", 2), "ab"), (Rest("r"), [1, 2])]
)
def test_wrong_kind(field, value):
    with pytest.raises(TypeError):
        octets_writer(field)(value)

# SPDX-License-Identifier: GPL-2.0-only
"""Integers of every width: octets, names, allowed values, random values."""

from __future__ import annotations

import random

import pytest

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers.fields import U8, U16, U24, U32, U48, U64, Bits
from tests.layers.toys import Colour, ToyNumbers

WIDTHS = [(U8, 1), (U16, 2), (U24, 3), (U32, 4), (U48, 6), (U64, 8)]


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
def test_width_and_order(kind, width):
    field, octets = kind("n"), bytes(range(1, width + 1))
    assert field.fixed_size() == width
    assert field.bits == 8 * width
    assert field.read(None, b"\xff" + octets + b"\xff", 1, 1 + width) == (
        int.from_bytes(octets, "big"),
        1 + width,
    )
    assert field.write(None, int.from_bytes(octets, "big")) == octets
    with pytest.raises(DecodeError):
        field.read(None, octets, 0, width - 1)
    for wrong in (1 << 8 * width, -1):
        with pytest.raises(EncodeError):
            field.write(None, wrong)


def test_names_of_values():
    field = U16("colour", enum=Colour)
    assert field.i2repr(None, 2) == "GREEN"
    assert field.i2repr(None, 9) == "9"
    assert field.h2i(None, "green") == 2
    assert field.h2i(None, 77) == 77
    assert field.check(77) is None


def test_only_these_values():
    assert U8("version", only=(1, 2)).check(2) is None
    assert "not among 1, 2" in U8("version", only=(1, 2)).check(3)


def test_random_values_reach_names_and_others():
    field = U8("colour", enum=Colour)
    random.seed(1)
    seen = {field.randval()._fix() for _ in range(400)}
    assert {1, 2} < seen
    assert max(seen) <= 255
    assert {Bits("b", 3).randval()._fix() for _ in range(200)} == set(range(8))


def test_bits_share_octets_highest_first():
    packet = ToyNumbers(version=1, flag=1, count=3, twelve=0xABC, four=2, marker=1, long=5)
    at = 24
    assert bytes(packet)[at] == 0b01100011
    assert bytes(packet)[at + 1 : at + 3] == b"\xab\xc2"
    assert bytes(packet)[at + 3 : at + 6] == b"\x80\x00\x05"
    again = ToyNumbers(bytes(packet))
    assert (again.version, again.flag, again.count) == (1, 1, 3)
    assert (again.twelve, again.four, again.marker, again.long) == (0xABC, 2, 1, 5)
    with pytest.raises(EncodeError, match="does not fit 2 bits"):
        bytes(ToyNumbers(version=4))

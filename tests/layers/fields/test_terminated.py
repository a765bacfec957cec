# SPDX-License-Identifier: GPL-2.0-only
"""Lists that a zero octet ends, filled up to whole words; trailers that must reach over all they are given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import EncodeError
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.layers.fields import U8, Opaque, Rest, Terminated, Trailer
from perc_scapy.wire import peel_padding
from tests.layers.compile.test_equivalence import agree


class ToyItem(PercPacket):
    fields_desc = (U8("type", 1), Opaque("text", max=255))


class ToyChunk(PercPacket):
    fields_desc = (Terminated("items", ToyItem, unit=4), U8("behind"))


class ToyBytes(PercPacket):
    fields_desc = (Terminated("values", U8()),)


@pytest.mark.parametrize(
    ("items", "octets"),
    [
        ([], "00000000 05"),
        ([ToyItem(text=b"a")], "010161 00 05"),
        ([ToyItem(text=b"ab")], "01026162 00000000 05"),
        ([ToyItem(text=b""), ToyItem(type=2, text=b"abc")], "0100 0203616263 00 05"),
    ],
)
def test_terminator_and_filling(items, octets):
    octets = bytes.fromhex(octets)
    assert bytes(ToyChunk(items=items, behind=5)) == octets
    assert agree(ToyChunk, octets)
    assert len(decode(ToyChunk, octets).items) == len(items)


@pytest.mark.parametrize(
    "octets", ["", "000000", "0101610005ff", "01016101", "0000000105", "0102610005"]
)
def test_unended_or_dirty_filling_is_refused_and_kept(octets):
    assert not agree(ToyChunk, bytes.fromhex(octets))


def test_no_item_begins_with_the_terminator():
    with pytest.raises(EncodeError, match="ends the list"):
        encode(record(ToyChunk, items=[record(ToyItem, type=0)]))
    with pytest.raises(EncodeError, match="ends the list"):
        encode(record(ToyBytes, values=[3, 0]))
    assert ToyChunk(items=[ToyItem(type=0)]).faults()
    assert encode(record(ToyBytes, values=[3, 4])) == b"\3\4\0"
    assert decode(ToyBytes, b"\3\4\0").values == (3, 4)


@given(st.binary(max_size=24))
def test_random_octets(octets):
    agree(ToyChunk, octets)
    agree(ToyBytes, octets)


class ToyPadded(PercPacket):
    fields_desc = (Rest("front"), Trailer("padding", default=b"\1", peel=peel_padding))


@pytest.mark.parametrize("padding", [b"", b"\0", b"\3", b"ab\2", b"\0\0\4"])
def test_a_trailer_that_its_own_last_octet_contradicts_is_not_sent(padding):
    with pytest.raises(EncodeError):
        encode(record(ToyPadded, padding=padding))
    assert ToyPadded(padding=padding).faults()


def test_a_trailer_that_fits():
    assert encode(record(ToyPadded, front=b"\x09", padding=b"\0\0\3")) == b"\x09\0\0\3"
    assert decode(ToyPadded, b"\x09\0\0\3").front == b"\x09"


def test_a_trailer_needs_an_open_ended_field_in_front():
    class ToyLoose(PercPacket):
        fields_desc = (U8("kind"), Trailer("padding", default=b"\1", peel=peel_padding))

    with pytest.raises(TypeError, match="nothing in front"):
        ToyLoose(b"\x09\0\0\2")

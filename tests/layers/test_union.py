# SPDX-License-Identifier: GPL-2.0-only
"""Unions by a tag octet, layers that count themselves, and layers whose last octets are read first."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.packet import fuzz

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.layers.fields import (
    U8,
    U16,
    U32,
    Bits,
    Counted,
    Equals,
    Present,
    RepeatToEnd,
    Rest,
    Size,
)
from perc_scapy.layers.union import Union, is_union
from tests.layers.compile.test_equivalence import agree

FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


class ToyPart(Union):
    tag_at = 0
    whole = Size("length", unit=4, plus=4, pad=True)


class ToyNumbered(ToyPart):
    """Counts its numbers, its own words, and has a rest that only its own end limits."""

    fields_desc = (
        U8("tag", 1),
        U8("count", None),
        U16("length", None),
        Counted("numbers", U32(), count="count"),
        Rest("rest"),
    )


class ToyPlain(ToyPart):
    fields_desc = (U8("tag", 2), U8("spare"), U16("length", None), Rest("rest"))


ToyPart.forms = {1: ToyNumbered}
ToyPart.other = ToyPlain


class ToyParts(PercPacket):
    fields_desc = (RepeatToEnd("parts", ToyPart, min=1),)


class ToyBehind(Union):
    tag_at = -1


class ToyShort(ToyBehind):
    fields_desc = (U8("tag", 0, only=(0,)),)


class ToyLong(ToyBehind):
    fields_desc = (Rest("value"), U8("tag", 9, only=range(1, 256)))


ToyBehind.forms = {0: ToyShort}
ToyBehind.other = ToyLong


class ToyBackwards(PercPacket):
    last_first = True
    fields_desc = (
        Present(U8("small"), when=Equals("S", 1)),
        Present(U16("large"), when=Equals("L", 1)),
        Bits("zero", 6, only=(0,)),
        Bits("S", 1, None, announces="small"),
        Bits("L", 1, None, announces="large"),
    )


ALL = [ToyPart, ToyParts, ToyBehind, ToyBackwards]
PARTS = ToyParts(parts=[ToyNumbered(numbers=[7, 8]), ToyPlain(rest=b"abcd"), ToyNumbered()])
OCTETS = bytes.fromhex("01020002000000070000000802000001616263640100 0000")


def test_lengths_and_counts_are_filled_in():
    assert bytes(PARTS) == OCTETS
    strict = decode(ToyParts, OCTETS)
    assert [part.layer for part in strict.parts] == [ToyNumbered, ToyPlain, ToyNumbered]
    assert [part.length for part in strict.parts] == [2, 1, 0]
    assert strict.parts[0].numbers == (7, 8)
    assert (
        record(ToyParts, parts=[record(ToyNumbered, numbers=[7, 8]), *strict.parts[1:]]) == strict
    )
    assert encode(strict) == OCTETS


def test_a_form_ends_where_its_count_says():
    packet = ToyPart(OCTETS)
    assert type(packet) is ToyNumbered
    assert packet.faults()[0].reason == "12 octets left over"
    short = bytes.fromhex("01020001") + bytes(8)
    first, second = ToyParts(short).parts
    assert first.faults()
    assert len(bytes(first)) == 8
    assert type(second) is ToyPlain
    with pytest.raises(DecodeError):
        decode(ToyParts, short)


def test_a_rest_is_filled_up_to_whole_words_only_when_the_length_is_left_open():
    assert bytes(ToyPlain(rest=b"abcde")) == b"\2\0\0\2abcde\0\0\0"
    assert bytes(ToyPlain(rest=b"abcde", length=2)) == b"\2\0\0\2abcde"
    with pytest.raises(EncodeError):
        encode(record(ToyPlain, rest=b"abcde"))


def test_a_length_below_the_fixed_part_is_refused():
    class ToyFixed(PercPacket):
        whole = Size("length")
        fields_desc = (U8("length", None), U32("number"), Rest("rest"))

    assert bytes(ToyFixed(rest=b"xy")).hex() == "07000000007879"
    for length in range(5):
        octets = bytes((length, 0, 0, 0, 1))
        agree(ToyFixed, octets)
        with pytest.raises(DecodeError):
            decode(ToyFixed, octets)
    assert decode(ToyFixed, b"\5\0\0\0\1").number == 1
    with pytest.raises(EncodeError):
        record(ToyFixed, length=4)


def test_tag_from_the_end():
    assert type(ToyBehind(b"ab\0")) is ToyShort
    assert type(ToyBehind(b"ab\1")) is ToyLong
    assert decode(ToyBehind, b"ab\1").value == b"ab"
    with pytest.raises(DecodeError):
        decode(ToyBehind, b"a\0")
    with pytest.raises(DecodeError):
        decode(ToyBehind, b"")


@pytest.mark.parametrize(
    ("fields", "octets"),
    [
        ({}, "00"),
        ({"small": 5}, "0502"),
        ({"large": 6}, "000601"),
        ({"small": 5, "large": 6}, "05000603"),
    ],
)
def test_last_octet_says_what_is_in_front(fields, octets):
    octets = bytes.fromhex(octets)
    assert bytes(ToyBackwards(**fields)) == octets == encode(record(ToyBackwards, **fields))
    assert agree(ToyBackwards, octets)


@pytest.mark.parametrize("octets", ["", "02", "01", "0001", "aa00", "000000000003", "04"])
def test_what_does_not_fit_in_front_is_shown_whole(octets):
    assert not agree(ToyBackwards, bytes.fromhex(octets))


@pytest.mark.parametrize("cls", ALL)
@FEW
@given(octets=st.binary(max_size=40))
def test_random_octets(cls, octets):
    if is_union(cls):
        cls = cls.form_of(octets, 0, len(octets))
    agree(cls, octets)


@FEW
@given(data=st.data())
def test_near_valid_octets(data):
    at = data.draw(st.integers(0, len(OCTETS) - 1))
    value = data.draw(st.integers(0, 255))
    agree(ToyParts, OCTETS[:at] + bytes((value,)) + OCTETS[at + 1 :])
    agree(ToyParts, OCTETS[:at])


def test_scapy_finds_forms_by_the_union():
    packet = ToyParts(OCTETS)
    assert ToyPart in packet
    assert packet[ToyPart].numbers == [7, 8]
    assert type(ToyPart()) is ToyNumbered
    assert bytes(eval(packet.command())) == OCTETS


def test_fuzz_draws_every_form():
    random.seed(1)
    drawn = [part for _ in range(30) for part in ToyParts.parts.randval()._fix()]
    assert {type(part) for part in drawn} == {ToyNumbered, ToyPlain}
    for _ in range(30):
        octets = bytes(fuzz(ToyParts()))
        assert bytes(ToyParts(octets)) == octets

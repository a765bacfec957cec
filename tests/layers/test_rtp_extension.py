# SPDX-License-Identifier: GPL-2.0-only
"""Header extensions: the figures of RFC 8285, padding, the reserved ids, lengths that lie."""

from __future__ import annotations

import pytest

from perc_scapy.errors import DecodeError
from perc_scapy.layers import (
    RTPExtension,
    RTPOneByteElement,
    RTPOneByteElements,
    RTPTwoByteElement,
    RTPTwoByteElements,
)
from perc_scapy.layers.compile import decode, encode
from perc_scapy.layers.rtp_extension import (
    RTPElementPadding,
    RTPElementStop,
    RTPLongElementPadding,
)
from tests.layers.compile.test_equivalence import agree

# RFC 8285 4.2: three elements, two octets of padding between the second and the third.
ONE_BYTE = bytes.fromhex("bede0003 10aa 21bbbb 0000 33cccccccc".replace(" ", ""))
# RFC 8285 4.3: three elements, one octet of padding.
TWO_BYTE = bytes.fromhex("10000003 0100 0201bb 00 0304cccccccc".replace(" ", ""))


def test_figure_of_the_one_byte_form():
    assert agree(RTPExtension, ONE_BYTE)
    first, second, *padding, third = RTPExtension(ONE_BYTE).body.elements
    assert [(e.id, e.data) for e in (first, second, third)] == [
        (1, b"\xaa"),
        (2, b"\xbb" * 2),
        (3, b"\xcc" * 4),
    ]
    assert [type(e) for e in padding] == [RTPElementPadding] * 2


def test_figure_of_the_two_byte_form():
    assert agree(RTPExtension, TWO_BYTE)
    first, second, padding, third = RTPExtension(TWO_BYTE).body.elements
    assert [(e.id, e.data) for e in (first, second, third)] == [
        (1, b""),
        (2, b"\xbb"),
        (3, b"\xcc" * 4),
    ]
    assert type(padding) is RTPLongElementPadding


def test_building_fills_words_and_chooses_the_mark():
    one = RTPExtension(body=RTPOneByteElements(elements=[RTPOneByteElement(id=5, data=b"ab")]))
    assert bytes(one) == bytes.fromhex("bede0001 51616200".replace(" ", ""))
    two = RTPExtension(body=RTPTwoByteElements(elements=[RTPTwoByteElement(id=200)]))
    assert bytes(two) == bytes.fromhex("10000001 c8000000".replace(" ", ""))
    assert encode(two) == bytes(two)


def test_application_bits_keep_the_two_byte_form():
    octets = b"\x10\x0f" + TWO_BYTE[2:]
    assert agree(RTPExtension, octets)
    assert decode(RTPExtension, octets).profile == 0x100F


def test_other_marks_are_octets():
    octets = bytes.fromhex("abcd0001 11223344".replace(" ", ""))
    assert agree(RTPExtension, octets)
    assert RTPExtension(octets).body == b"\x11\x22\x33\x44"


def test_id_15_ends_processing():
    octets = bytes.fromhex("bede0002 10aa f0 1122334455".replace(" ", ""))
    assert not agree(RTPExtension, octets)
    element, stop = RTPExtension(octets).body.elements
    assert (element.id, element.data) == (1, b"\xaa")
    assert type(stop) is RTPElementStop
    assert stop.ignored == bytes.fromhex("1122334455")
    assert "id 15 is reserved" in RTPExtension(octets).faults()[0].reason


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("bede0001 02112233", "value 0 is not among"),
        ("bede0001 1f112233", "needs 16"),
        ("10000001 01041122", "announces 4"),
        ("10000001 01000005", "cut"),
        ("bede0002 10aa0000", "announces 8"),
        ("bede", "needs 2 octets, 0 left"),
    ],
)
def test_malformed_elements_are_refused_and_shown(octets, reason):
    octets = bytes.fromhex(octets.replace(" ", ""))
    assert not agree(RTPExtension, octets)
    with pytest.raises(DecodeError):
        decode(RTPExtension, octets)
    assert "malformed" in RTPExtension(octets).show(dump=True)

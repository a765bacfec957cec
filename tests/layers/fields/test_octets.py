# SPDX-License-Identifier: GPL-2.0-only
"""Octet strings: prefixes derived from the maximum, regions, trailers, explained content."""

from __future__ import annotations

import pytest

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import Malformed
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, Fixed, Opaque, Rest
from perc_scapy.layers.fields.octets import outside, prefix_width, prefixed, with_prefix
from tests.layers.toys import ToyBounded, ToyKey, ToyRandom, ToyRtp, ToyTagged


class ToyCarrier(PercPacket):
    fields_desc = (U8("kind"), Opaque("inside", max=255, content="ToyRandom"))


class ToyUnknownContent(PercPacket):
    fields_desc = (Rest("inside", content="NoSuchLayer"),)


@pytest.mark.parametrize(
    ("maximum", "width"), [(1, 1), (255, 1), (256, 2), (65535, 2), (65536, 3), (0xFFFFFF, 3)]
)
def test_prefix_width_follows_the_maximum(maximum, width):
    assert prefix_width(maximum) == width == Opaque("x", max=maximum).prefix


def test_prefix_can_be_given():
    assert Opaque("x", max=32, prefix=2).write(None, b"a") == b"\0\1a"


def test_prefixed():
    assert prefixed(2, b"\0\3abc", 0, 5) == (2, 5)
    with pytest.raises(DecodeError, match="prefix needs 2"):
        prefixed(2, b"\0", 0, 1)
    with pytest.raises(DecodeError, match="announces 3 octets, 2 left"):
        prefixed(2, b"\0\3abc", 0, 4)
    with pytest.raises(EncodeError):
        with_prefix("x", 1, bytes(256))


def test_bounds():
    field = Opaque("x", min=2, max=3)
    assert field.check(b"ab") is None
    assert "at least 2" in field.check(b"a")
    assert "at most 3" in field.check(b"abcd")
    assert outside(3, 1, 4) is None


def test_fixed_length_is_kept():
    assert Fixed("id", 3).default == bytes(3)
    with pytest.raises(EncodeError, match="2 octets, not 3"):
        Fixed("id", 3).write(None, b"ab")
    assert Fixed("id", 3).h2i(None, "a1a2a3") == b"\xa1\xa2\xa3"


def test_sized_region_follows_its_count():
    assert bytes(ToyBounded(value=b"abc")) == b"\x03abc"
    cut = ToyBounded(b"\x05abc")
    assert cut.value == b"abc"
    assert "announces 5" in cut.faults()[0].reason
    assert ToyBounded(b"\x01a").faults()[0].reason == "has 1 octets, at least 2 are required"


def test_a_count_behind_what_it_counts():
    octets = bytes(ToyKey(ciphertext=b"c" * 8, spi=1, epoch=2))
    assert octets == b"c" * 8 + bytes.fromhex("00010002000f02")
    assert ToyKey(octets).ciphertext == b"c" * 8
    wrong = ToyKey(octets[:-2] + b"\x0e\x02")
    assert "announces 7 for ciphertext, 8 found" in wrong.faults()[0].reason


def test_rest_leaves_what_stands_behind_it():
    octets = bytes(ToyTagged(sealed=b"secret", index=5, tag=b"TAG"))
    assert octets == b"\0secret\x80\0\0\x05TAG"
    packet = ToyTagged(octets)
    assert (packet.sealed, packet.index, packet.tag) == (b"secret", 5, b"TAG")
    flagged = ToyTagged(flags=0x80, sealed=b"secret", tag=b"TAG", mki=7)
    assert ToyTagged(bytes(flagged)).sealed == b"secret"
    assert ToyTagged(bytes(flagged)).mki == 7
    short = ToyTagged(b"\0\1\2")
    assert isinstance(short.sealed, Malformed)
    assert bytes(short) == b"\0\1\2"


def test_trailer_is_found_from_the_end():
    packet = ToyRtp(bytes(ToyRtp(media=b"payload", ekt=b"\0")))
    assert (packet.media, packet.ekt) == (b"payload", b"\0")
    lying = bytes(ToyRtp(media=b"payload", ekt=b"\x00\xff\x02"))
    assert "does not fit" in ToyRtp(lying).faults()[0].reason
    assert bytes(ToyRtp(lying)) == lying


def test_content_is_explained_and_still_equals_its_octets():
    inner = bytes(ToyRandom(random=b"abcd", cookie=b"xy"))
    packet = ToyCarrier(bytes((1, len(inner))) + inner)
    assert packet.inside == inner
    assert packet[ToyRandom].cookie == b"xy"
    assert ToyCarrier(inside=inner) == ToyCarrier(kind=0, inside=ToyRandom(inner))
    assert ToyCarrier(b"\x01\x00").inside == b""
    assert ToyUnknownContent(b"abc").inside == b"abc"


def test_faults_of_content_are_expert_knowledge_only():
    packet = ToyCarrier(b"\x01\x02ab")
    assert packet.faults() == ()
    assert [fault.path for fault in packet.expert()] == ["ToyCarrier.inside.random"]
    assert packet.expert()[0].offset == 2

# SPDX-License-Identifier: GPL-2.0-only
"""The generated strict decoders: what they refuse, where, and with what exception."""

from __future__ import annotations

import pytest

from perc_scapy.errors import DecodeError, LocalError
from perc_scapy.layers import DTLSTunnelMessage, Empty
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.compile import decode, record
from perc_scapy.layers.compile.decoder import decoder
from perc_scapy.layers.fields import U8, OptionalTail, Present, RepeatToEnd, Rest, Vector
from perc_scapy.layers.fields.relations import Equals
from tests.layers.toys import (
    ToyBounded,
    ToyElement,
    ToyHandshake,
    ToyHello,
    ToyKey,
    ToyMessages,
    ToyNumbers,
    ToyRtp,
    ToyTagged,
)
from tests.layers.vectors import V00_E, V00_K


def refused(cls: type, octets: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(cls, octets)
    return caught.value


def test_any_kind_of_octets_and_nothing_else():
    expected = decode(DTLSTunnelMessage, V00_E)
    assert decode(DTLSTunnelMessage, bytearray(V00_E)) == expected
    assert decode(DTLSTunnelMessage, memoryview(V00_E)) == expected
    for wrong in ("text", 37, None):
        with pytest.raises(LocalError):
            decode(DTLSTunnelMessage, wrong)


@pytest.mark.parametrize(
    ("length", "field", "offset"),
    [
        (0, "version_major", 0),
        (1, "version_minor", 1),
        (17, "association_id", 2),
        (34, "type", 34),
        (36, "dtls_message", 35),
        (50, "dtls_message", 35),
    ],
)
def test_the_first_field_that_does_not_fit_is_named(length, field, offset):
    error = refused(DTLSTunnelMessage, V00_E[:length])
    assert f"DTLSTunnelMessage.{field}" in str(error)
    assert error.offset == offset


def test_offsets_inside_bodies_count_from_the_start_of_the_message():
    error = refused(DTLSTunnelMessage, V00_K[:60])
    assert "SRTPKeyInformation.server_write_SRTP_master_key" in str(error)
    assert error.offset == 55


def test_every_part_has_its_refusal():
    assert "not among 9, 10" in str(refused(ToyNumbers, bytes(ToyNumbers(constant=3))))
    assert "no whole items" in str(refused(ToyHello, b"\0\0\3abc\1\0" + bytes(5)))
    assert "min 2" in str(refused(ToyHello, b"\0\0\0"))
    assert "max 32" in str(refused(ToyHello, b"\x21" + bytes(99)))
    assert "trailer cut short" in str(refused(ToyTagged, b"\0\1\2"))
    assert "does not count ciphertext" in str(refused(ToyKey, bytes(7) + b"\0\0\2"))
    assert "min 2" in str(refused(ToyBounded, b"\1a"))
    assert "max 5" in str(refused(ToyBounded, b"\6abcdef"))
    assert "announced 5 octets, 1 left" in str(refused(ToyBounded, b"\5a"))
    assert "at least 1 items" in str(refused(ToyMessages, b""))
    assert "items do not fit" in str(refused(ToyRtp, bytes.fromhex("8f0000010000")))
    assert "no defined form" in str(refused(ToyRtp, bytes.fromhex("8000000101")))


def test_absent_parts_are_none():
    assert decode(ToyElement, b"\0").data is None
    assert decode(ToyHello, bytes(ToyHello(suites=[1], methods=[0]))).extensions is None


def test_fragments_are_octets():
    part = bytes(ToyHandshake(msg_type=1, length=9, body=b"abc"))
    assert decode(ToyHandshake, part).body == b"abc"
    assert decode(ToyHandshake, part).fragment_length == 3


def test_bodies_without_values_are_shared():
    assert decode(DTLSTunnelMessage, V00_E).body == record(Empty)
    assert decode(DTLSTunnelMessage, V00_E).body is decode(DTLSTunnelMessage, V00_E).body


def test_decoders_are_kept():
    assert decoder(ToyHello) is decoder(ToyHello)


class ToyNoItem(PercPacket):
    fields_desc = ()


class ToyForever(PercPacket):
    fields_desc = (RepeatToEnd("items", ToyNoItem),)


def test_items_without_octets_are_refused_not_repeated():
    assert "form no item" in str(refused(ToyForever, b"a"))
    assert decode(ToyForever, b"").items == ()


class ToyOptionalBehindRest(PercPacket):
    fields_desc = (Rest("all"), OptionalTail(Vector("more", U8(), max=255)))


def test_a_definition_that_cannot_be_read_is_refused_at_once():
    with pytest.raises(TypeError, match="optional behind"):
        decoder(ToyOptionalBehindRest)


class ToyConditionalTail(PercPacket):
    fields_desc = (U8("flag"), Rest("all"), Present(U8("mki"), when=Equals("flag", 1)))


def test_a_conditional_trailer():
    assert decode(ToyConditionalTail, b"\0ab").all == b"ab"
    assert decode(ToyConditionalTail, b"\1ab") == record(
        ToyConditionalTail, flag=1, all=b"a", mki=0x62
    )

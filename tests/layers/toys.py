# SPDX-License-Identifier: GPL-2.0-only
"""Layers that exist only in tests: between them they use every field class in the ways that DTLS, RTP,
RTCP, EKT and header extensions need."""

from __future__ import annotations

from enum import IntEnum

from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import (
    OPAQUE,
    REST,
    U8,
    U16,
    U24,
    U32,
    U48,
    U64,
    Bits,
    BitSet,
    Counted,
    Equals,
    Fixed,
    Nested,
    NotEquals,
    Opaque,
    OptionalTail,
    Present,
    RepeatToEnd,
    Rest,
    Same,
    Select,
    Size,
    Sized,
    Trailer,
    Vector,
)
from perc_scapy.wire import peel_ekt


class Colour(IntEnum):
    RED = 1
    GREEN = 2


class ToyNumbers(PercPacket):
    """Every width, and runs of bits of one, two, three and five octets."""

    fields_desc = (
        U8("u8", 1),
        U16("u16", 2, enum=Colour),
        U24("u24", 3),
        U32("u32", 4),
        U48("u48", 5),
        U64("u64", 6),
        Bits("version", 2, 2),
        Bits("flag", 1),
        Bits("count", 5),
        Bits("twelve", 12, 7),
        Bits("four", 4, enum=Colour),
        Bits("marker", 1),
        Bits("long", 23),
        Bits("thirty_nine", 39),
        Bits("last", 1, 1, only=(1,)),
        U8("constant", 9, only=(9, 10)),
    )


class ToyRandom(PercPacket):
    fields_desc = (Fixed("random", 4), Opaque("cookie", max=255))


class ToyExtension(PercPacket):
    fields_desc = (
        U16("type", None),
        U16("length", None),
        Select("data", on="type", cases={5: ToyRandom}, size="length", other=OPAQUE),
    )


class ToyHello(PercPacket):
    """A hello: lists of integers, octet strings and packets, and an optional block at the end."""

    fields_desc = (
        Opaque("session_id", max=32),
        Vector("suites", U16(), min=2, max=65534),
        Vector("methods", U8(), min=1, max=255),
        Vector("weights", U24(only=(1, 2, 3)), max=255),
        Vector("names", Opaque(min=1, max=255), max=0xFFFFFF),
        Vector("tokens", Fixed("token", 3), max=255),
        OptionalTail(Vector("extensions", ToyExtension, max=65535)),
    )


class ToyHandshake(PercPacket):
    """A handshake message: its body is explained only when it is not a fragment."""

    fields_desc = (
        U8("msg_type", None),
        U24("length", None, same_as="fragment_length"),
        U16("message_seq"),
        U24("fragment_offset"),
        U24("fragment_length", None),
        Select(
            "body",
            on="msg_type",
            cases={1: ToyHello, 2: ToyRandom},
            size="fragment_length",
            other=OPAQUE,
            when=Same("length", "fragment_length"),
        ),
    )


class ToyMessages(PercPacket):
    fields_desc = (RepeatToEnd("messages", ToyHandshake, min=1),)


class ToyRecord(PercPacket):
    """A record: what the fragment is follows from two fields."""

    fields_desc = (
        U8("type", 22),
        U16("version", 0xFEFD, only=(0xFEFD, 0xFEFF)),
        U16("epoch"),
        U48("sequence"),
        U16("length", None),
        Select(
            "content",
            on=("type", "epoch"),
            cases={(22, 0): ToyMessages, (26, 0): ToyNumbers},
            size="length",
            other=OPAQUE,
        ),
    )


class ToyDatagram(PercPacket):
    fields_desc = (RepeatToEnd("records", ToyRecord),)


class ToyElement(PercPacket):
    """One-byte header extension element: four bits of length - 1; id 0 is padding without data."""

    fields_desc = (
        Bits("id", 4, 1),
        Bits("size", 4, None),
        Present(
            Sized("data", size=Size("size", plus=1), min=1, max=16, default=b"\0"),
            when=NotEquals("id", 0),
        ),
    )


class ToyElements(PercPacket):
    fields_desc = (RepeatToEnd("elements", ToyElement),)


class ToyExtensionBlock(PercPacket):
    """RTP's header extension: length in words, padded with zero octets."""

    fields_desc = (
        U16("profile", None),
        U16("words", None),
        Select(
            "data",
            on="profile",
            cases={0xBEDE: ToyElements},
            size=Size("words", unit=4, pad=True),
            other=OPAQUE,
        ),
    )


class ToyRtp(PercPacket):
    """RTP: a counted list, a block behind a flag, a payload, and an EKT field found from the end."""

    fields_desc = (
        Bits("version", 2, 2, only=(2,)),
        Bits("padding", 1),
        Bits("extension", 1, None, announces="block"),
        Bits("csrc_count", 4, None),
        Bits("marker", 1),
        Bits("payload_type", 7),
        U16("sequence"),
        Counted("csrc", U32(), count="csrc_count"),
        Present(Nested("block", ToyExtensionBlock), when=Equals("extension", 1)),
        Rest("media"),
        Trailer("ekt", default=b"\0", peel=peel_ekt),
    )


class ToyKey(PercPacket):
    """A full EKT field: its length stands behind what it counts."""

    fields_desc = (
        Rest("ciphertext", counted_by=Size("length", plus=-7), secret=True),
        U16("spi"),
        U16("epoch"),
        U16("length", None),
        U8("type", 2, only=(2,)),
    )


class ToyTagged(PercPacket):
    """A trailer of fixed size behind the rest, its last part behind a flag (SRTCP: index, tag)."""

    fields_desc = (
        U8("flags"),
        Rest("sealed"),
        Bits("encrypted", 1, 1),
        Bits("index", 31),
        Fixed("tag", 3),
        Present(U16("mki", 0), when=BitSet("flags", 0x80)),
    )


class ToyReport(PercPacket):
    """RTCP: one packet of a compound; length counts words behind the first."""

    fields_desc = (
        Bits("version", 2, 2),
        Bits("padding", 1),
        Bits("count", 5),
        U8("type", 200),
        U16("length", None),
        Sized("rest", size=Size("length", unit=4, pad=True)),
    )


class ToyCompound(PercPacket):
    fields_desc = (RepeatToEnd("reports", ToyReport, min=1),)


class ToyWrapped(PercPacket):
    """A body that reaches to the end without any length, between fixed parts."""

    fields_desc = (
        U8("type", None),
        Select("body", on="type", cases={1: ToyRandom, 2: ToyReport}, size=REST),
        U16("checksum"),
    )


class ToyList(PercPacket):
    """A list of packets behind a prefix, and a choice that nothing limits between other fields."""

    fields_desc = (
        Vector("numbers", ToyRandom, max=65535),
        U8("kind", None),
        Select("body", on="kind", cases={0: ToyRandom, 1: ToyReport}),
        Opaque("certificate", min=1, max=0xFFFFFF, default=b"x"),
        U32("behind"),
    )


class ToyBounded(PercPacket):
    """A region whose size has bounds of its own."""

    fields_desc = (U8("size", None), Sized("value", size="size", min=2, max=5, default=b"ab"))


TOYS = [
    ToyBounded,
    ToyNumbers,
    ToyHello,
    ToyHandshake,
    ToyDatagram,
    ToyExtensionBlock,
    ToyRtp,
    ToyKey,
    ToyTagged,
    ToyCompound,
    ToyWrapped,
    ToyList,
]

# SPDX-License-Identifier: GPL-2.0-only
"""RTP header extension (RFC 3550 5.3.1) with the elements of RFC 8285, in their one- and two-octet form."""

from __future__ import annotations

from perc_scapy.codes import HeaderExtensionProfile
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import OPAQUE, U8, U16, Bits, RepeatToEnd, Rest, Select, Size, Sized
from perc_scapy.layers.rules import NotAmong, NotDecoded
from perc_scapy.layers.union import Union


class RTPElement(Union):
    """An element with a one-octet header, a padding octet, or the reserved id 15 (RFC 8285 4.2)."""

    name = "RTP header extension element"
    tag_at = 0


class RTPLongElement(Union):
    """An element with a two-octet header, or a padding octet (RFC 8285 4.3)."""

    name = "RTP header extension element"
    tag_at = 0


class RTPOneByteElement(RTPElement):
    """id 1 to 14, length less one, 1 to 16 octets. An id of 0 with a length is malformed."""

    name = "RTP one-byte element"
    fields_desc = (
        Bits("id", 4, 1, only=range(1, 15)),
        Bits("len", 4, None),
        Sized("data", size=Size("len", plus=1), min=1, max=16, default=b"\0"),
    )


class RTPElementPadding(RTPElement):
    """An octet 0 between or behind elements."""

    name = "RTP element padding"
    fields_desc = (U8("zero", 0, only=(0,)),)


class RTPElementStop(RTPElement):
    """id 15: processing ends here and the rest of the extension is ignored; nobody may send it."""

    name = "RTP element 15"
    rules = (NotDecoded("id 15 is reserved, the rest is ignored", severity="warning"),)
    fields_desc = (Bits("id", 4, 15, only=(15,)), Bits("len", 4), Rest("ignored"))


class RTPTwoByteElement(RTPLongElement):
    """id 1 to 255, length, 0 to 255 octets."""

    name = "RTP two-byte element"
    rules = (NotAmong("id", range(1), "is padding"),)
    fields_desc = (
        U8("id", 1),
        U8("length", None),
        Sized("data", size="length", max=255),
    )


class RTPLongElementPadding(RTPLongElement):
    """An octet 0 between or behind elements."""

    name = "RTP element padding"
    fields_desc = (U8("zero", 0, only=(0,)),)


STOP = range(0xF0, 0x100)
"""First octets with id 15."""
RTPElement.other = RTPOneByteElement
RTPElement.forms = {0: RTPElementPadding, **dict.fromkeys(STOP, RTPElementStop)}
RTPLongElement.other = RTPTwoByteElement
RTPLongElement.forms = {0: RTPLongElementPadding}


class RTPOneByteElements(PercPacket):
    """Body of a header extension marked 0xBEDE."""

    name = "RTP one-byte elements"
    fields_desc = (RepeatToEnd("elements", RTPElement),)


class RTPTwoByteElements(PercPacket):
    """Body of a header extension marked 0x100 and four application bits."""

    name = "RTP two-byte elements"
    fields_desc = (RepeatToEnd("elements", RTPLongElement),)


TWO_BYTE = HeaderExtensionProfile.TWO_BYTE
ELEMENTS = {HeaderExtensionProfile.ONE_BYTE: RTPOneByteElements} | dict.fromkeys(
    range(TWO_BYTE, TWO_BYTE + 16), RTPTwoByteElements
)


class RTPExtension(PercPacket):
    """`length` counts words of the body, which building fills up with padding octets."""

    name = "RTP header extension"
    fields_desc = (
        U16("profile", None, enum=HeaderExtensionProfile),
        U16("length", None),
        Select(
            "body",
            on="profile",
            cases=ELEMENTS,
            size=Size("length", unit=4, pad=True),
            other=OPAQUE,
        ),
    )

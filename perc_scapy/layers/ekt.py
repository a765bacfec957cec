# SPDX-License-Identifier: GPL-2.0-only
"""EKT fields, read from their last octet, the type (RFC 8870 section 4.1). `length` counts the whole field."""

from __future__ import annotations

from perc_scapy.codes import EktMessageType
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, U32, Opaque, Rest, Size
from perc_scapy.layers.rules import LengthBetween, NotAmong, NotDecoded
from perc_scapy.layers.union import Union
from perc_scapy.wire import EKT_FULL_OVERHEAD, EKT_MAX_CIPHERTEXT, EKT_MAX_EXTENSION_DATA

MAX_MASTER_KEY = 242
"""Octets of the longest SRTP master key in an EKT plaintext."""


class EKTField(Union):
    """The field behind a protected packet."""

    name = "EKT field"
    tag_at = -1


class EKTShort(EKTField):
    """The key that the packet uses was announced before."""

    name = "EKT short field"
    fields_desc = (U8("type", EktMessageType.SHORT, enum=EktMessageType, only=(0,)),)

    def brief(self) -> str:
        return "EKT short"


class EKTFull(EKTField):
    """Announces the sender's master key: `EKTPlaintext` wrapped under the key that `spi` names."""

    name = "EKT full field"
    rules = (LengthBetween("ciphertext", 1, EKT_MAX_CIPHERTEXT),)
    fields_desc = (
        Rest("ciphertext", counted_by=Size("length", plus=-EKT_FULL_OVERHEAD)),
        U16("spi"),
        U16("epoch"),
        U16("length", None),
        U8("type", EktMessageType.FULL, enum=EktMessageType, only=(EktMessageType.FULL,)),
    )

    def brief(self) -> str:
        spi = f"{self.spi:#06x}" if isinstance(self.spi, int) else self.spi
        return f"EKT full spi {spi} epoch {self.epoch}"


class EKTExtension(EKTField):
    """A type not defined yet, which receivers cut off and ignore."""

    name = "EKT extension field"
    rules = (
        LengthBetween("data", 1, EKT_MAX_EXTENSION_DATA),
        NotAmong("type", range(3), "has a form of its own"),
    )
    fields_desc = (
        Rest("data", counted_by=Size("length", plus=-3)),
        U16("length", None),
        U8("type", EktMessageType.RESERVED, enum=EktMessageType),
    )

    def brief(self) -> str:
        return f"EKT extension type {self._shown('type')}"


class EKTUndefined(EKTField):
    """Type 1, which has no defined form: nothing says how long it is."""

    name = "EKT field of type 1"
    rules = (NotDecoded("message type 1 has no defined form"),)
    fields_desc = (Rest("octets"), U8("type", 1, only=(1,)))


EKTField.other = EKTExtension
EKTField.forms = {
    EktMessageType.SHORT: EKTShort,
    EktMessageType.FULL: EKTFull,
    1: EKTUndefined,
}


class EKTPlaintext(PercPacket):
    """What a full field wraps (RFC 8870 4.1). The salt is not in it."""

    name = "EKT plaintext"
    fields_desc = (
        Opaque("srtp_master_key", min=1, max=MAX_MASTER_KEY, default=bytes(16), secret=True),
        U32("ssrc"),
        U32("roc"),
    )

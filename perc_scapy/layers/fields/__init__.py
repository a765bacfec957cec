# SPDX-License-Identifier: GPL-2.0-only
"""Declarative field classes for `fields_desc`: data first, Scapy's callables made from it.

numbers   U8 U16 U24 U32 U48 U64 · Bits(name, width)
octets    Fixed · Opaque<min..max> · Sized(by another field) · Rest · Trailer(read from the end)
lists     Vector<min..max> · Counted(by another field) · RepeatToEnd · Terminated(by a zero octet)
choice    Select(body by selector) · Nested(one packet) · Present(while a condition holds) · OptionalTail
relations Size · Equals · NotEquals · BitSet · Same
"""

from perc_scapy.layers.fields.choice import REST, Nested, OptionalTail, Present, Select
from perc_scapy.layers.fields.core import AUTO, LAYERS, OPAQUE, Malformed, WireField
from perc_scapy.layers.fields.items import Counted, Items, RepeatToEnd, Terminated, Vector
from perc_scapy.layers.fields.numbers import U8, U16, U24, U32, U48, U64, Bits, Number
from perc_scapy.layers.fields.octets import Fixed, Octets, Opaque, Rest, Sized, Trailer
from perc_scapy.layers.fields.relations import BitSet, Condition, Equals, NotEquals, Same, Size

__all__ = [
    "AUTO",
    "LAYERS",
    "OPAQUE",
    "REST",
    "U8",
    "U16",
    "U24",
    "U32",
    "U48",
    "U64",
    "BitSet",
    "Bits",
    "Condition",
    "Counted",
    "Equals",
    "Fixed",
    "Items",
    "Malformed",
    "Nested",
    "NotEquals",
    "Number",
    "Octets",
    "Opaque",
    "OptionalTail",
    "Present",
    "RepeatToEnd",
    "Rest",
    "Same",
    "Select",
    "Size",
    "Sized",
    "Terminated",
    "Trailer",
    "Vector",
    "WireField",
]

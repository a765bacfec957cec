# SPDX-License-Identifier: GPL-2.0-only
"""draft-jones-perc-dtls-tunnel-00 messages read field by field as far as they go, to say which rule of form one breaks.

The roles' codec refuses a whole message; a judge wants to know the clause, and what is in the rest.
"""

from __future__ import annotations

from perc_scapy.codes import Draft00MessageType as Type
from perc_scapy.conform.subject.wire import RawKeys, WireFault, WireMessage
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.errors import DecodeError

VERSION = b"\x01\x00"
HEADER = 35
"""Octets up to and with the type (draft section 6)."""


def read_untrusted(message: WireMessage) -> None:
    """Fill in what `message.raw` says. A fault names the requirement that it breaks; never raises."""
    raw = message.raw
    if len(raw) < HEADER:
        message.fault = WireFault(
            "T00-WIRE-02", f"{len(raw)} octets end inside the 35 of the header"
        )
        return
    message.version, message.type = raw[:2], raw[34]
    message.association_id, message.conference_id = raw[2:18], raw[18:34]
    if message.version != VERSION:
        message.fault = WireFault("T00-WIRE-01", f"version {raw[0]}.{raw[1]}")
    elif message.type not in set(Type):
        message.fault = WireFault("T00-WIRE-03", f"type {message.type}")
    else:
        _body_untrusted(message, Cursor(raw[HEADER:], "tunnel message"))


def _body_untrusted(message: WireMessage, cursor: Cursor) -> None:
    clause = "T00-WIRE-04"
    try:
        if message.type == Type.SUPPORTED_PROFILES:
            clause = "T00-WIRE-05"
            octets = cursor.vector(2, 2, 0xFFFE, 2)
            message.profiles = tuple(
                int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2)
            )
            clause = "T00-WIRE-06"
            message.mki = cursor.vector(1, 0, 255)
        elif message.type == Type.SRTP_KEY_INFORMATION:
            clause = "T00-WIRE-07"
            profile = cursor.uint(2)
            message.keys = RawKeys(profile, *(cursor.vector(2, 1, 0xFFFF) for _ in range(4)))
        clause = "T00-WIRE-04"
        message.dtls = cursor.vector(2, 0, 0xFFFF)
        cursor.end()
    except DecodeError as error:
        message.fault = WireFault(clause, str(error))

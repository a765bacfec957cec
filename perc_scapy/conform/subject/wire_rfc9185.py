# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 messages read field by field as far as they go; see `wire_draft00`."""

from __future__ import annotations

from perc_scapy.codes import TunnelMessageType as Type
from perc_scapy.conform.subject.wire import RawKeys, WireFault, WireMessage
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.errors import DecodeError

HEADER = 3
"""Type and length (RFC 9185 section 6.1)."""
_WIRE = "R9185-WIRE-01"


def read_untrusted(message: WireMessage) -> None:
    """Fill in what `message.raw` says: one message, from its type on. Never raises."""
    raw = message.raw
    if len(raw) < HEADER:
        message.fault = WireFault(_WIRE, "ends inside its header")
        return
    message.type, length = raw[0], int.from_bytes(raw[1:3], "big")
    if length != len(raw) - HEADER:
        message.fault = WireFault(_WIRE, f"length {length} for {len(raw) - HEADER} octets of body")
        return
    try:
        _body_untrusted(message, Cursor(raw[HEADER:], "tunnel message"))
    except DecodeError as error:
        message.fault = WireFault(_WIRE, str(error))


def _body_untrusted(message: WireMessage, cursor: Cursor) -> None:
    match message.type:
        case Type.SUPPORTED_PROFILES:
            message.version = cursor.take(1)
            octets = cursor.vector(2, 2, 0xFFFE, 2)
            message.profiles = tuple(
                int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2)
            )
        case Type.UNSUPPORTED_VERSION:
            message.version = cursor.take(1)
        case Type.MEDIA_KEYS:
            message.association_id = cursor.take(16)
            profile = cursor.uint(2)
            message.mki = cursor.vector(1, 0, 255)
            message.keys = RawKeys(profile, *(cursor.vector(1, 1, 255) for _ in range(4)))
        case Type.TUNNELED_DTLS:
            message.association_id = cursor.take(16)
            message.dtls = cursor.vector(2, 1, 0xFFFF)
        case Type.ENDPOINT_DISCONNECT:
            message.association_id = cursor.take(16)
        case _:
            message.fault = WireFault(_WIRE, f"type {message.type} has no meaning")
            return
    cursor.end()

# SPDX-License-Identifier: GPL-2.0-only
"""Tunnel messages that must have no effect, and yet carry DTLS: a bystander follows what somebody may have taken."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.capture.tunnel_streams import RFC9185
from perc_scapy.codes import Draft00MessageType, TunnelMessageType
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.dtls.record import split_records
from perc_scapy.errors import DecodeError
from perc_scapy.tunnel.messages import ID_LENGTH

_VERSION = 2


class CarriedDtls(NamedTuple):
    """What a refused message has for an association."""

    association_id: bytes
    dtls: bytes


def carried_dtls(version: str, message: bytes) -> CarriedDtls | None:
    """The DTLS of a message that can be cut by its lengths to its last octet; None when there is none."""
    cut = _rfc9185_untrusted if version == RFC9185 else _draft00_untrusted
    try:
        found = cut(Cursor(message, "tunnel message"))
    except DecodeError:
        return None
    return found if split_records(found.dtls)[1] else None


def _draft00_untrusted(cursor: Cursor) -> CarriedDtls:
    """draft-jones-perc-dtls-tunnel-00 section 6; whatever the version says and whoever sent it."""
    cursor.take(_VERSION)
    name = cursor.take(ID_LENGTH)
    cursor.take(ID_LENGTH)
    kind = cursor.uint(1)
    if kind == Draft00MessageType.SUPPORTED_PROFILES:
        cursor.vector(2, 0, 0xFFFF)
        cursor.vector(1, 0, 0xFF)
    elif kind == Draft00MessageType.SRTP_KEY_INFORMATION:
        cursor.take(2)
        for _ in range(4):
            cursor.vector(2, 0, 0xFFFF)
    elif kind != Draft00MessageType.EMPTY:
        raise DecodeError("nobody knows where its body ends", 0)
    return _rest_untrusted(cursor, name)


def _rfc9185_untrusted(cursor: Cursor) -> CarriedDtls:
    """RFC 9185 section 6.4."""
    if cursor.uint(1) != TunnelMessageType.TUNNELED_DTLS:
        raise DecodeError("no TunneledDtls", 0)
    cursor.take(2)
    return _rest_untrusted(cursor, cursor.take(ID_LENGTH))


def _rest_untrusted(cursor: Cursor, association_id: bytes) -> CarriedDtls:
    dtls = cursor.vector(2, 0, 0xFFFF)
    cursor.end()
    return CarriedDtls(bytes(association_id), bytes(dtls))

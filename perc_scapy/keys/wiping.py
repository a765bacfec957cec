# SPDX-License-Identifier: GPL-2.0-only
"""Messages that carry keys, with zeros in their place; also where lengths are wrong, as in a faulty message."""

from __future__ import annotations

from perc_scapy.codes import Draft00MessageType, HandshakeType, TunnelMessageType
from perc_scapy.tunnel.messages import ID_LENGTH

_TYPE_AT = 2 + 2 * ID_LENGTH
"""Draft-00: version, association id and conference id stand before the type."""
_KEYS = 4
"""Client key, server key, client salt, server salt."""
_EKT_TAIL = 5
"""SPI and TTL behind key and salt."""


def without_hop_keys(message: bytes, version: str) -> bytes:
    """A tunnel message of `draft00` or `rfc9185` without the keys that it tells the MDD."""
    if version == "draft00":
        keyed = message[_TYPE_AT : _TYPE_AT + 1] == bytes(
            (Draft00MessageType.SRTP_KEY_INFORMATION,)
        )
        # Type and profile stand before the keys, the DTLS message behind them.
        return _wiped(message, _TYPE_AT + 3, _KEYS, 2, rest=1) if keyed else message
    if message[:1] != bytes((TunnelMessageType.MEDIA_KEYS,)):
        return message
    at = 3 + ID_LENGTH + 2  # type, length; association id, profile
    mki = at + 1 + int.from_bytes(message[at : at + 1], "big")
    return _wiped(message, mki, _KEYS, 1, unsure=at)


def without_ekt_key(kind: int, body: bytes) -> bytes:
    """The body of a handshake message; of an ekt_key without key and salt (RFC 8870 section 5.2.2)."""
    return _wiped(body, 0, 2, 2, tail=_EKT_TAIL) if kind == HandshakeType.EKT_KEY else body


def _wiped(
    data: bytes, at: int, count: int, octets: int, *, rest: int = 0, tail: int = 0, unsure: int = -1
) -> bytes:
    """Zeros in `count` vectors from `at` on. When these, `rest` further vectors and `tail` octets are not exactly
    what is there, the lengths are not to be trusted: all becomes zeros from `unsure` on, or else from `at`.
    """
    out, place = bytearray(data), at
    for number in range(count + rest):
        start = place + octets
        end = start + int.from_bytes(data[place:start], "big")
        if number < count:
            out[start:end] = bytes(len(out[start:end]))
        place = end
    if place + tail != len(data):
        first = min(at if unsure < 0 else unsure, len(data))
        return data[:first] + bytes(len(data) - first)
    return bytes(out)

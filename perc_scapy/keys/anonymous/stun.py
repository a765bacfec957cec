# SPDX-License-Identifier: GPL-2.0-only
"""STUN and TURN messages without names and addresses (RFC 8489, RFC 8656)."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

HEADER = 20
_MAGIC = b"\x21\x12\xa4\x42"
_USERNAME, _ERROR_CODE, _DATA, _FINGERPRINT = 0x0006, 0x0009, 0x0013, 0x8028
_PLAIN_ADDRESSES = {0x0001, 0x0002, 0x0004, 0x0005, 0x000B, 0x8023, 0x802B, 0x802C}
"""MAPPED-ADDRESS and its kin: family, port, address."""
_XOR_ADDRESSES = {0x0012, 0x0016, 0x0020, 0x8020}
_KEPT = {0x000A, 0x000C, 0x000D, 0x0018, 0x0019, 0x001A, 0x0024, 0x0025, 0x8029, 0x802A, 0x0003}
"""Numbers: channel, life time, priority, roles and the like."""
_TEXTS = {0x0014, 0x8022, 0x8003}
"""REALM, SOFTWARE, ALTERNATE-DOMAIN."""


def anonymous_stun(
    message: bytes, names: Pseudonyms, addresses: Addresses, inside: Callable[[bytes], bytes]
) -> bytes:
    """The same attributes with other values. `inside`: what to do with a datagram in a DATA attribute.

    Attributes that are not known become zeros; a message that is none, altogether. Never raises.
    """
    if len(message) < HEADER or message[4:8] != _MAGIC:
        return bytes(len(message))
    out, at = bytearray(message[:HEADER]), HEADER
    while at + 4 <= len(message):
        kind, size = (int.from_bytes(message[at + n : at + n + 2], "big") for n in (0, 2))
        value = message[at + 4 : at + 4 + size]
        if kind == _FINGERPRINT and len(value) == 4:
            new = (zlib.crc32(bytes(out)) ^ 0x5354554E).to_bytes(4, "big")
        else:
            new = _value(kind, value, message[4:HEADER], names, addresses, inside)
        end = at + 4 + size + -size % 4
        out += message[at : at + 4] + new + bytes(len(message[at + 4 + size : end]))
        at = end
    return bytes(out + bytes(len(message) - len(out)))


def _value(
    kind: int,
    value: bytes,
    mask: bytes,
    names: Pseudonyms,
    addresses: Addresses,
    inside: Callable[[bytes], bytes],
) -> bytes:
    if kind in _KEPT:
        return value
    if kind == _USERNAME:
        return names.parts(value, b":")
    if kind == _DATA:
        return inside(value)
    if kind == _ERROR_CODE:
        return value[:4] + names.text(value[4:])
    if kind in _TEXTS:
        return names.text(value)
    if kind in _PLAIN_ADDRESSES | _XOR_ADDRESSES and len(value) in (8, 20):
        return value[:4] + _address(value[4:], mask if kind in _XOR_ADDRESSES else b"", addresses)
    return bytes(len(value))


def _address(octets: bytes, mask: bytes, addresses: Addresses) -> bytes:
    """`mask`: magic cookie and transaction id, which hide an address from helpful routers (RFC 8489 section 14.2)."""
    pad = mask[: len(octets)].ljust(len(octets), b"\0")
    plain = addresses.ip(bytes(a ^ b for a, b in zip(octets, pad, strict=True)))
    return bytes(a ^ b for a, b in zip(plain, pad, strict=True))

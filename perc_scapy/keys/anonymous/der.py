# SPDX-License-Identifier: GPL-2.0-only
"""DER with every value that could name somebody replaced: structure, object identifiers and lengths stay (X.690)."""

from __future__ import annotations

from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

_BOOLEAN, _INTEGER, _BIT_STRING, _OCTET_STRING, _NULL, _OID = 1, 2, 3, 4, 5, 6
_UTC_TIME, _GENERALIZED_TIME = 23, 24
_KEPT = {_BOOLEAN, _NULL, _OID, 10}
_TIMES = {_UTC_TIME: b"250101000000Z", _GENERALIZED_TIME: b"20250101000000Z"}
_STRINGS = {12, 18, 19, 20, 21, 22, 25, 26, 27, 28, 30}
_CONSTRUCTED = 0x20
_MAX_DEPTH = 24
_SHORT = 2
"""Octets of numbers and flags that are kept: versions, path lengths, key usage."""


def anonymous_der(data: bytes, names: Pseudonyms) -> bytes:
    """The same structure without its values; octets that are no DER are replaced as they are. Never raises."""
    return _walk(data, names, 0) or names.octets(data)


def _walk(data: bytes, names: Pseudonyms, depth: int) -> bytes | None:
    """All elements of `data`; None when it is no sequence of whole elements."""
    out, at = [], 0
    while at < len(data):
        cut = _element(data, at)
        if cut is None or depth > _MAX_DEPTH:
            return None
        start, end = cut
        out += [data[at:start], _value(data[at], data[start:end], names, depth)]
        at = end
    return b"".join(out) if data else None


def _element(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the value of the element at `at` begins and ends."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        return None
    length, start = data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or start + octets > len(data):
            return None
        length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
    end = start + length
    return (start, end) if end <= len(data) else None


def _value(tag: int, value: bytes, names: Pseudonyms, depth: int) -> bytes:
    if tag & _CONSTRUCTED:
        return _walk(value, names, depth + 1) or names.octets(value)
    if tag & 0xC0:  # what it is only the context tells: a name in a certificate's extension, mostly
        return names.text(value) if value.isascii() else names.octets(value)
    kind = tag & 0x1F
    if kind in _KEPT or not value:
        return value
    if kind in _TIMES and len(value) == len(_TIMES[kind]):
        return _TIMES[kind]
    if kind in _STRINGS or kind in _TIMES:
        return names.text(value)
    return _octets_of(kind, value, names, depth)


def _octets_of(kind: int, value: bytes, names: Pseudonyms, depth: int) -> bytes:
    if kind == _INTEGER:
        return value if len(value) <= _SHORT else _number(value, names)
    if kind == _BIT_STRING:
        return value if len(value) <= _SHORT + 1 else value[:1] + _nested(value[1:], names, depth)
    if kind == _OCTET_STRING:
        return _nested(value, names, depth)
    return names.octets(value)


def _number(value: bytes, names: Pseudonyms) -> bytes:
    """As large as it was: a zero in front stands for a highest bit that is set."""
    new = value[:1] + names.octets(value)[1:]
    return new if value[0] else new[:1] + bytes((new[1] | 0x80,)) + new[2:]


def _nested(value: bytes, names: Pseudonyms, depth: int) -> bytes:
    """A string of octets may hold DER, or a point of a curve, whose first octet names its form."""
    cut = _element(value, 0)
    if cut is not None and cut[1] == len(value):
        return _walk(value, names, depth + 1) or names.octets(value)
    point = value[:1] in (b"\x02", b"\x03", b"\x04") and len(value) % 2 == 1
    return value[:1] + names.octets(value)[1:] if point else names.octets(value)

# SPDX-License-Identifier: GPL-2.0-only
"""Octets of one field's value in a record: `octets_writer(field)` gives a function of the value."""

from __future__ import annotations

from collections.abc import Callable
from struct import pack
from typing import Any

from perc_scapy.errors import EncodeError
from perc_scapy.layers.fields.choice import Select
from perc_scapy.layers.fields.items import Items, RepeatToEnd, Terminated, Vector
from perc_scapy.layers.fields.numbers import U16, Number
from perc_scapy.layers.fields.octets import Fixed, Opaque, Sized, Trailer, outside, with_prefix

Writer = Callable[[Any], bytes]


def octets_writer(field: Any) -> Writer:
    """How a value of this field is written; the function raises `EncodeError` for values that strict
    rules forbid and TypeError for values of a wrong kind."""
    if isinstance(field, Select):
        return _padded(_body, field.size)
    if isinstance(field, Vector):
        return _vector(field)
    if isinstance(field, Items):
        return _items(field)
    if isinstance(field, Opaque):
        return _opaque(field)
    if isinstance(field, Number):
        return _number(field)
    if isinstance(field, Fixed):
        return _fixed(field)
    if isinstance(field, Sized):
        return _padded(_bounded(field), field.size)
    return _checked(field, _plain) if isinstance(field, Trailer) else _plain


def _plain(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("not octets")
    return value


def _body(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value._encoder(value.layer)(value)  # type: ignore[no-any-return]


def _padded(write: Writer, size: Any) -> Writer:
    if size is None or not size.pad:
        return write

    def padded(value: Any) -> bytes:
        octets = write(value)
        return octets + size.padding(len(octets))

    return padded


def _bounded(field: Sized) -> Writer:
    return _checked(field, _plain) if field.min or field.max is not None else _plain


def _opaque(field: Opaque) -> Writer:
    name, width, least, most = field.name, field.prefix, field.min, field.max

    def opaque(value: Any) -> bytes:
        if not least <= len(value) <= most:
            raise EncodeError(f"{name}: {outside(len(value), least, most)}")
        return len(value).to_bytes(width, "big") + value  # type: ignore[no-any-return]

    return opaque


def _checked(field: Any, write: Writer) -> Writer:
    def checked(value: Any) -> bytes:
        problem = field.check(value)
        if problem is not None:
            raise EncodeError(f"{field.name}: {problem}")
        return write(value)

    return checked


def _number(field: Number) -> Writer:
    octets = field.bits // 8

    def number(value: Any) -> bytes:
        try:
            return value.to_bytes(octets, "big")  # type: ignore[no-any-return]
        except OverflowError:
            raise EncodeError(f"{field.name}: {value} does not fit {octets} octets") from None

    return _checked(field, number) if field.only is not None else number


def _fixed(field: Fixed) -> Writer:
    def fixed(value: Any) -> bytes:
        if len(_plain(value)) != field.length:
            raise EncodeError(f"{field.name}: has {len(value)} octets, not {field.length}")
        return value  # type: ignore[no-any-return]

    return fixed


def _items(field: Items) -> Writer:
    write = _body if isinstance(field.item, type) else octets_writer(field.item)
    least = field.min if isinstance(field, RepeatToEnd) else 0

    def items(value: Any) -> bytes:
        if len(value) < least:
            raise EncodeError(f"{field.name}: needs at least {least} items")
        return b"".join(map(write, value))

    if isinstance(field, Terminated):
        return _terminated(field, items)
    plain = type(field.item) is U16 and field.item.only is None and not least
    return _shorts if plain else items


def _terminated(field: Terminated, items: Writer) -> Writer:
    def terminated(value: Any) -> bytes:
        octets = items(value)
        if any(not item.strip(b"\0") for item in (items((v,))[:1] for v in value)):
            raise EncodeError(f"{field.name}: an item begins with the octet that ends the list")
        return octets + field.zeros(len(octets))

    return terminated


def _shorts(value: Any) -> bytes:
    """Lists of two-octet code points, the most frequent ones."""
    return pack(f">{len(value)}H", *value)


def _vector(field: Vector) -> Writer:
    items = _items(field)

    def vector(value: Any) -> bytes:
        octets = items(value)
        problem = outside(len(octets), field.min, field.max)
        if problem is not None:
            raise EncodeError(f"{field.name}: {problem}")
        return with_prefix(field.name, field.prefix, octets)

    return vector

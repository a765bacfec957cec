# SPDX-License-Identifier: GPL-2.0-only
"""Strict reading of lists: `items_reader(field, title)` gives a function of (data, pos, end, count)."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import Any

from perc_scapy.errors import DecodeError
from perc_scapy.layers.fields.items import Items, Terminated
from perc_scapy.layers.fields.numbers import Number

ItemsReader = Callable[[bytes, int, int, int], tuple[tuple[Any, ...], int]]
CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def items_reader(field: Items, title: str, decoder: Callable[[Any], Any]) -> ItemsReader:
    """Read `count` items (-1: all that `data[pos:end]` holds, exactly) as a tuple, and the position
    behind them. The function raises `DecodeError`."""
    item = field.item
    if isinstance(field, Terminated):
        return _until_zero(field, items_reader(_Plain(item), title, decoder), title)
    if isinstance(item, type):
        return _each(decoder(item), title)
    size = item.fixed_size()
    if isinstance(item, Number) and item.only is None and size in CODES:
        return _numbers(CODES[size], size, title)
    return _each(_checked(item, title), title)


def _numbers(code: str, size: int, title: str) -> ItemsReader:
    def numbers(data: bytes, pos: int, end: int, count: int) -> tuple[tuple[Any, ...], int]:
        if count < 0:
            count, rest = divmod(end - pos, size)
            if rest:
                raise DecodeError(f"{title}: {end - pos} octets are no whole items of {size}", pos)
        after = pos + count * size
        if after > end:
            raise DecodeError(f"{title}: {count} items do not fit {end - pos} octets", pos)
        return unpack_from(f">{count}{code}", data, pos), after

    return numbers


def _each(read: Callable[[bytes, int, int], tuple[Any, int]], title: str) -> ItemsReader:
    def each(data: bytes, pos: int, end: int, count: int) -> tuple[tuple[Any, ...], int]:
        found: list[Any] = []
        while len(found) != count if count >= 0 else pos < end:
            value, after = read(data, pos, end)
            if after == pos:
                raise DecodeError(f"{title}: octets that form no item", pos)
            found.append(value)
            pos = after
        return tuple(found), pos

    return each


class _Plain:
    """A list of nothing but its items."""

    def __init__(self, item: Any) -> None:
        self.item = item


def _until_zero(field: Terminated, read: ItemsReader, title: str) -> ItemsReader:
    def until_zero(data: bytes, pos: int, end: int, count: int) -> tuple[tuple[Any, ...], int]:
        start, found = pos, []
        while pos < end and data[pos]:
            items, pos = read(data, pos, end, 1)
            found += items
        try:
            return tuple(found), field.read_zeros(data, start, pos, end)
        except DecodeError as error:
            raise DecodeError(f"{title}: {error.what}", error.offset) from None

    return until_zero


def _checked(item: Any, title: str) -> Callable[[bytes, int, int], tuple[Any, int]]:
    def checked(data: bytes, pos: int, end: int) -> tuple[Any, int]:
        try:
            value, after = item.read(None, data, pos, end)
        except DecodeError as error:
            raise DecodeError(f"{title}: {error.what}", error.offset) from None
        problem = item.check(value)
        if problem is not None:
            raise DecodeError(f"{title}: {problem}", pos)
        return value, after

    return checked

# SPDX-License-Identifier: GPL-2.0-only
"""What is done to octets and to sequences of packets. All choices come from the generator that is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")
Mutation = Callable[[Random, bytearray], None]
_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF)
_LONG = (0, 1, 0x7FFF, 0x8000, 0xFFFF)


def flip(draw: Random, data: bytearray) -> None:
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def edge(draw: Random, data: bytearray) -> None:
    data[draw.randrange(len(data))] = draw.choice(_EDGES)


def number(draw: Random, data: bytearray) -> None:
    """Two octets that may be a length."""
    at = draw.randrange(len(data))
    data[at : at + 2] = draw.choice(_LONG).to_bytes(2, "big")


def cut(draw: Random, data: bytearray) -> None:
    del data[draw.randrange(len(data)) :]


def remove(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data))
    del data[at : at + draw.randrange(1, 20)]


def insert(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data) + 1)
    data[at:at] = draw.randbytes(draw.randrange(1, 20))


def repeat(draw: Random, data: bytearray) -> None:
    at = draw.randrange(len(data))
    data[at:at] = data[at : at + draw.randrange(1, 60)]


def grow(draw: Random, data: bytearray) -> None:
    data += draw.randbytes(draw.randrange(1, 300))


MUTATIONS: tuple[Mutation, ...] = (
    flip,
    flip,
    edge,
    edge,
    number,
    number,
    cut,
    remove,
    insert,
    repeat,
    grow,
)


def mutate(draw: Random, data: bytes, most: int = 4) -> bytes:
    """One to `most` mutations."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, most)):
        if not changed:
            changed += draw.randbytes(draw.randrange(1, 40))
        draw.choice(MUTATIONS)(draw, changed)
    return bytes(changed)


def shuffle(draw: Random, items: Sequence[Item]) -> list[Item]:
    """Lose, repeat, move and reorder some."""
    found = list(items)
    for _ in range(draw.randrange(4)):
        if not found:
            break
        at = draw.randrange(len(found))
        kind = draw.randrange(4)
        if kind == 0:
            del found[at]
        elif kind == 1:
            found.insert(at, found[at])
        elif kind == 2:
            found.insert(draw.randrange(len(found)), found.pop(at))
        else:
            found = found[at:] if draw.random() < 0.2 else found
    return found

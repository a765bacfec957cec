# SPDX-License-Identifier: GPL-2.0-only
"""Mutations: each changes what it is named for, all choices come from the generator."""

from __future__ import annotations

from random import Random

import pytest

from soak.mutate import MUTATIONS, cut, flip, grow, insert, mutate, number, remove, repeat, shuffle

DATA = bytes(range(100, 200))


def after(mutation, seed: int) -> bytes:
    data = bytearray(DATA)
    mutation(Random(seed), data)
    return bytes(data)


@pytest.mark.parametrize("seed", range(30))
def test_what_each_does_to_length_and_octets(seed: int) -> None:
    assert sum((a ^ b).bit_count() for a, b in zip(after(flip, seed), DATA, strict=True)) == 1
    assert DATA.startswith(after(cut, seed))
    assert len(after(cut, seed)) < 100
    assert len(DATA) - 20 < len(after(remove, seed)) < len(DATA)
    assert len(DATA) < len(after(insert, seed)) < len(DATA) + 20
    assert set(after(repeat, seed)) == set(DATA)
    assert len(DATA) < len(after(repeat, seed)) < len(DATA) + 60
    assert after(grow, seed).startswith(DATA)
    assert len(after(grow, seed)) > 100
    assert after(number, seed) != DATA


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_one_octet_is_enough_for_each(mutation) -> None:
    for seed in range(20):
        mutation(Random(seed), bytearray(b"x"))


def test_nothing_becomes_something_and_results_are_bounded() -> None:
    found = [mutate(Random(seed), b"") for seed in range(50)]
    assert any(found)
    assert max(map(len, found)) < 40 + 4 * 300
    assert len({mutate(Random(seed), DATA) for seed in range(50)}) > 45


def test_the_same_generator_gives_the_same() -> None:
    assert [mutate(Random(5), DATA) for _ in range(3)] == [mutate(Random(5), DATA)] * 3
    items = list(range(40))
    assert shuffle(Random(5), items) == shuffle(Random(5), items)
    assert items == list(range(40))


def test_packets_are_lost_repeated_and_moved() -> None:
    found = [shuffle(Random(seed), range(40)) for seed in range(200)]
    assert any(len(f) == 39 for f in found)
    assert any(len(set(f)) < len(f) for f in found)
    assert any(sorted(f) == list(range(40)) != f for f in found)
    assert any(f == list(range(40 - len(f), 40)) for f in found if len(f) < 30)
    assert all(set(f) <= set(range(40)) for f in found)
    assert shuffle(Random(1), []) == []

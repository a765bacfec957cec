# SPDX-License-Identifier: GPL-2.0-only
"""The simulated network: its own clock, one seed, and each kind of trouble in the share that was asked for."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from perc_scapy.sim.network import Address, Conditions, Crossing, Network


class Echo:
    """Collects what it gets; sends what it is told; answers when `answering`."""

    def __init__(self, *addresses: Address, answering: bool = False) -> None:
        self.addresses: tuple[Address, ...] = addresses
        self.got: list[tuple[float, bytes]] = []
        self.waiting: list[tuple[bytes, Address, Address]] = []
        self.timer: float | None = None
        self.fired: list[float] = []
        self.answering = answering

    def receive(self, data: bytes, source: Address, at: Address, now: float) -> None:
        self.got.append((now, data))
        if self.answering:
            self.waiting.append((b"re:" + data, at, source))

    def outgoing(self, now: float) -> list[tuple[bytes, Address, Address]]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def get_timer(self) -> float | None:
        return self.timer

    def handle_timer(self, now: float) -> None:
        self.fired.append(now)
        self.timer = None


def world(**conditions: float) -> tuple[Network, Echo, Echo]:
    network = Network(7, Conditions(**conditions))
    a, b = Echo("a"), Echo("b", "b2", answering=False)
    network.attach(a)
    network.attach(b)
    return network, a, b


def flood(count: int = 4000, **conditions: float) -> list[bytes]:
    network, _, b = world(**conditions)
    for n in range(count):
        network.at(n * 0.001, lambda n=n: network.send(n.to_bytes(4, "big") * 4, "a", "b"))
    network.run(count)
    return [data for _, data in b.got]


def test_a_perfect_link_delivers_all_in_order_after_its_delay() -> None:
    network, a, b = world(delay=0.25)
    a.waiting = [(b"one", "a", "b"), (b"two", "a", "b2")]
    network.touch(a)
    assert b.got == []
    network.run(0.2)
    assert (network.now, b.got) == (0.2, [])
    network.run(1.0)
    assert b.got == [(0.25, b"one"), (0.25, b"two")]
    assert network.now == 1.0


def test_an_answer_goes_back_from_the_address_that_was_reached() -> None:
    network, a, b = world()
    b.answering = True
    network.send(b"x", "a", "b2")
    network.run(1.0)
    assert a.got == [(0.02, b"re:x")]


def test_shares_are_as_asked() -> None:
    assert len(flood(loss=0.25)) == pytest.approx(3000, abs=120)
    assert len(flood(duplicate=0.1)) == pytest.approx(4400, abs=80)
    damaged = [d for d in flood(corrupt=0.2) if len(d) != 16 or d[:4] * 4 != d]
    assert len(damaged) == pytest.approx(800, abs=100)
    assert {len(d) for d in damaged} == {15, 16, 17}
    order = flood(reorder=0.1, reorder_by=0.0105)
    late = sum(later < earlier for earlier, later in pairwise(order))
    assert late == pytest.approx(400, abs=100)
    assert sorted(order) == flood()


def test_jitter_beyond_the_spacing_reorders() -> None:
    order = flood(jitter=0.01)
    assert order != sorted(order)
    assert len(order) == 4000


def test_one_seed_one_run() -> None:
    trouble = {"loss": 0.1, "jitter": 0.05, "duplicate": 0.1, "corrupt": 0.1, "reorder": 0.1}
    assert flood(**trouble) == flood(**trouble)
    network = Network(8, Conditions(**trouble))
    b = Echo("b")
    network.attach(b)
    for n in range(4000):
        network.send(n.to_bytes(4, "big") * 4, "a", "b")
    network.run(9.0)
    assert [d for _, d in b.got] != flood(**trouble)


def test_a_link_has_its_own_conditions_in_both_directions() -> None:
    network, a, b = world()
    network.link("a", "b", Conditions(loss=1.0))
    network.send(b"lost", "a", "b")
    network.send(b"lost", "b", "a")
    network.send(b"found", "a", "b2")
    network.run(1.0)
    assert [d for _, d in a.got + b.got] == [b"found"]


def test_taps_see_change_and_drop() -> None:
    network, _, b = world()
    network.log = []
    seen: list[Crossing] = []

    def tap(crossing: Crossing) -> bytes | None:
        seen.append(crossing)
        return None if crossing.data == b"drop" else crossing.data.upper()

    network.taps.append(tap)
    for data in (b"keep", b"drop"):
        network.send(data, "a", "b")
    network.run(1.0)
    assert [d for _, d in b.got] == [b"KEEP"]
    assert [c.data for c in seen] == [b"keep", b"drop"]
    assert network.log == [Crossing(0.0, "a", "b", b"KEEP")]


def test_timers_fire_once_and_follow_changes() -> None:
    network, a, b = world()
    a.timer, b.timer = 1.0, 2.0
    network.touch(a)
    network.touch(b)
    b.timer = 3.0
    network.touch(b)
    network.run(10.0)
    assert (a.fired, b.fired) == ([1.0], [3.0])


def test_a_node_that_is_gone_gets_nothing_and_does_nothing() -> None:
    network, _, b = world()
    b.timer = 1.0
    network.touch(b)
    network.send(b"x", "a", "b")
    network.detach(b)
    network.run(5.0)
    assert (b.got, b.fired) == ([], [])
    network.send(b"x", "a", "nobody")
    network.run(6.0)


def test_run_stops_when_told() -> None:
    network, _, b = world(delay=1.0)
    for _ in range(3):
        network.send(b"x", "a", "b")
    assert network.run(10.0, stop=lambda: len(b.got) == 2)
    assert network.now == 1.0
    assert not network.run(10.0, stop=lambda: len(b.got) == 4)
    assert Counter(d for _, d in b.got) == {b"x": 3}

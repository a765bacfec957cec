# SPDX-License-Identifier: GPL-2.0-only
"""A network in memory with its own clock: loss, delay, reordering, duplication and corruption, all from one seed.

Nothing waits for real time, and the same seed gives the same run octet for octet.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

Address = Hashable


@dataclass(frozen=True, slots=True)
class Conditions:
    """What happens to the datagrams of one link in one direction. Shares are 0 … 1, times seconds."""

    delay: float = 0.01
    jitter: float = 0.0
    """Up to so much is added to each delay; more than the spacing of packets reorders them."""
    loss: float = 0.0
    duplicate: float = 0.0
    """Share that arrives twice, the copy with a delay of its own."""
    corrupt: float = 0.0
    """Share that arrives with one bit changed, one octet missing or one octet more."""
    reorder: float = 0.0
    """Share that is held back by `reorder_by`."""
    reorder_by: float = 0.05


PERFECT = Conditions()


class Node(Protocol):
    """A machine with one or more addresses; what `Network` asks of it."""

    addresses: tuple[Address, ...]

    def receive(self, data: bytes, source: Address, at: Address, now: float) -> None:
        """A datagram from `source` reached the own address `at`."""

    def outgoing(self, now: float) -> list[tuple[bytes, Address, Address]]:
        """(data, own address, destination) of everything that waits."""

    def get_timer(self) -> float | None: ...
    def handle_timer(self, now: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Crossing:
    """One datagram as it enters the network."""

    time: float
    source: Address
    destination: Address
    data: bytes


Tap = Callable[[Crossing], bytes | None]
"""Sees each datagram before the network acts on it; returns the data to go on with, or None to drop it."""


class Network:
    """Attach nodes, then `run`. `taps` see, change or drop each datagram; `log` collects them when it is a list."""

    def __init__(self, seed: object = 1, conditions: Conditions = PERFECT) -> None:
        self.now = 0.0
        self.taps: list[Tap] = []
        self.log: list[Crossing] | None = None
        self._random = random.Random(f"network {seed}")  # noqa: S311  # chance, not secrets
        self.conditions = conditions
        """Of every link that has none of its own; may change."""
        self._links: dict[tuple[Address, Address], Conditions] = {}
        self._nodes: dict[Address, Node] = {}
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = 0
        self._armed: dict[int, float] = {}

    # -- set-up

    def attach(self, node: Node) -> None:
        """From now on datagrams to its addresses reach it."""
        for address in node.addresses:
            self._nodes[address] = node
        self.touch(node)

    def detach(self, node: Node) -> None:
        """It is gone without a word; what is on the way to it is lost."""
        for address in node.addresses:
            self._nodes.pop(address, None)

    def link(self, one: Address, other: Address, conditions: Conditions) -> None:
        """Conditions between two addresses, in both directions."""
        self._links[one, other] = self._links[other, one] = conditions

    # -- the clock

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Call `action` at a time; it tells `touch` which nodes it moved."""
        self._serial += 1
        heapq.heappush(self._heap, (max(when, self.now), self._serial, action))

    def run(self, until: float, *, stop: Callable[[], bool] | None = None) -> bool:
        """Let time pass until `until`, or until `stop()` says so after some event; whether it did."""
        while self._heap and self._heap[0][0] <= until:
            if stop is not None and stop():
                return True
            self.now, _, action = heapq.heappop(self._heap)
            action()
        if stop is not None and stop():
            return True
        self.now = max(self.now, until)
        return False

    def touch(self, node: Node) -> None:
        """Something was done to a node from outside: fetch what it wants sent, and its timer."""
        for data, source, destination in node.outgoing(self.now):
            self.send(data, source, destination)
        self._arm(node)

    def _arm(self, node: Node) -> None:
        timer = node.get_timer()
        if timer is None:
            self._armed.pop(id(node), None)
        elif self._armed.get(id(node)) != timer:
            self._armed[id(node)] = timer
            self.at(timer, lambda: self._fire(node, timer))

    def _fire(self, node: Node, timer: float) -> None:
        if self._armed.get(id(node)) != timer:
            return  # it was set anew meanwhile
        del self._armed[id(node)]
        if any(self._nodes.get(address) is node for address in node.addresses):
            node.handle_timer(self.now)
            self.touch(node)

    # -- datagrams

    def send(self, data: bytes, source: Address, destination: Address) -> None:
        """Put a datagram on its way; tests may forge any."""
        crossing = Crossing(self.now, source, destination, bytes(data))
        for tap in self.taps:
            changed = tap(crossing)
            if changed is None:
                return
            if changed is not crossing.data:
                crossing = Crossing(self.now, source, destination, changed)
        if self.log is not None:
            self.log.append(crossing)
        self._cross(crossing, self._links.get((source, destination), self.conditions))

    def _cross(self, crossing: Crossing, link: Conditions) -> None:
        draw = self._random.random
        if link.loss and draw() < link.loss:
            return
        copies = 2 if link.duplicate and draw() < link.duplicate else 1
        for _ in range(copies):
            delay = link.delay + (link.jitter * draw() if link.jitter else 0.0)
            if link.reorder and draw() < link.reorder:
                delay += link.reorder_by
            data = crossing.data
            if link.corrupt and draw() < link.corrupt:
                data = self._damage(data)
            self._deliver_at(self.now + delay, data, crossing)

    def _deliver_at(self, when: float, data: bytes, crossing: Crossing) -> None:
        def deliver() -> None:
            node = self._nodes.get(crossing.destination)
            if node is not None:
                node.receive(data, crossing.source, crossing.destination, self.now)
                self.touch(node)

        self.at(when, deliver)

    def _damage(self, data: bytes) -> bytes:
        kind, at = self._random.randrange(3), self._random.randrange(len(data) or 1)
        if kind == 0:
            return data[:at] + data[at + 1 :]
        if kind == 1 or not data:
            return data[:at] + self._random.randbytes(1) + data[at:]
        flipped = data[at] ^ 1 << self._random.randrange(8)
        return data[:at] + bytes((flipped,)) + data[at + 1 :]

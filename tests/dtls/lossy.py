# SPDX-License-Identifier: GPL-2.0-only
"""A link between two engines that loses, delays, reorders and repeats datagrams, on a simulated clock."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass


@dataclass
class Link:
    seed: int
    loss: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.05
    jitter: float = 0.0
    """Up to this many seconds more, each datagram on its own: what overtakes is reordered."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.queue: list[tuple[float, int, object, bytes]] = []
        self.order = itertools.count()
        self.now = 0.0
        self.carried = 0

    def send(self, to: object, datagram: bytes) -> None:
        copies = 1 + (self.random.random() < self.duplicate)
        for _ in range(copies):
            if self.random.random() >= self.loss:
                at = self.now + self.delay + self.random.random() * self.jitter
                heapq.heappush(self.queue, (at, next(self.order), to, datagram))

    def run(self, a, b, done, limit: float = 600.0) -> float:
        """Let the clock run until `done()`; returns the time. Raises when `limit` passes or nothing can happen."""
        other = {id(a): b, id(b): a}
        while True:
            for engine in (a, b):
                for datagram in engine.datagrams_to_send(self.now):
                    self.carried += 1
                    self.send(other[id(engine)], datagram)
            if done():
                return self.now
            self._step((a, b), limit)

    def _step(self, engines, limit: float) -> None:
        timers = [(e.get_timer(), e) for e in engines if e.get_timer() is not None]
        due = min(timers, key=lambda item: item[0], default=(None, None))
        if self.queue and (due[0] is None or self.queue[0][0] <= due[0]):
            self.now, _, to, datagram = heapq.heappop(self.queue)
            to.receive_datagram(datagram, self.now)
        elif due[0] is not None:
            self.now = max(self.now, due[0])
            due[1].handle_timer(self.now)
        else:
            raise AssertionError(f"nothing can happen any more at {self.now}: {engines}")
        if self.now > limit:
            raise AssertionError(f"not done after {limit} simulated seconds: {engines}")

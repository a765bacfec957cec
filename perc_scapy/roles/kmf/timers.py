# SPDX-License-Identifier: GPL-2.0-only
"""One heap of deadlines for any number of owners, so that the next one costs nothing to find."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Owner = TypeVar("Owner", bound=Hashable)


class TimerHeap(Generic[Owner]):
    """At most one deadline for each owner. Replaced deadlines stay in the heap until they come to the front."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Owner]] = []
        self._valid: dict[Owner, tuple[float, int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._valid)

    def set(self, owner: Owner, when: float | None) -> None:
        """Replace the owner's deadline; None removes it."""
        known = self._valid.get(owner)
        if when is None:
            self._valid.pop(owner, None)
        elif known is None or known[0] != when:
            self._count += 1
            self._valid[owner] = (when, self._count)
            heapq.heappush(self._heap, (when, self._count, owner))
        self._compact()

    def _compact(self) -> None:
        # Owners that move their deadline all the time must not grow the heap.
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._valid):
            self._heap = [(when, n, owner) for owner, (when, n) in self._valid.items()]
            heapq.heapify(self._heap)

    def next(self) -> float | None:
        """The earliest deadline."""
        while self._heap:
            when, count, owner = self._heap[0]
            if self._valid.get(owner) == (when, count):
                return when
            heapq.heappop(self._heap)
        return None

    def due(self, now: float) -> Iterator[Owner]:
        """Remove and yield the owners whose deadline has come, earliest first."""
        while (when := self.next()) is not None and when <= now:
            _, _, owner = heapq.heappop(self._heap)
            del self._valid[owner]
            yield owner

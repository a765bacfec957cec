# SPDX-License-Identifier: GPL-2.0-only
"""Paired timing: rounds A B A B …, CPU seconds of this process, medians; the ratio is taken pair by pair.

A round is short (milliseconds), so that what else the machine does hits both sides of a pair alike.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Work = Callable[[], object]
Prepare = Callable[[], Work]
"""Makes, outside the clock, what one round needs, and returns the round."""


class Row(NamedTuple):
    """One line of the table. Rates are operations per CPU second; ratio = ours / peer; goal 0 = none."""

    name: str
    ours: float
    peer: float
    ratio: float
    spread: tuple[float, float]
    """Ratios of the middle half of all pairs."""
    goal: float

    def cells(self) -> list[str]:
        """The row as text."""
        low, high = self.spread
        goal = f">= {self.goal:g}x" if self.goal else ""
        mark = "" if not self.goal else ("met" if self.ratio >= self.goal else "MISSED")
        return [
            self.name,
            f"{self.ours:,.0f}/s",
            f"{self.peer:,.0f}/s",
            f"{self.ratio:.2f}x",
            f"{low:.2f}-{high:.2f}",
            goal,
            mark,
        ]


def cpu_seconds(work: Work) -> float:
    """CPU seconds of one call, garbage collected before and not during."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()


def compare(
    name: str,
    ours: Prepare,
    peer: Prepare,
    *,
    operations: int,
    peer_operations: int | None = None,
    goal: float = 0.0,
    rounds: int = 41,
) -> Row:
    """Run both in turn, `rounds` times after one warm-up; each round does its number of operations."""
    peer_count = peer_operations or operations
    ours()(), peer()()
    gc.collect()
    gc.freeze()  # or each collection would walk all modules and push what is measured out of the caches
    try:
        pairs = [
            (operations / cpu_seconds(ours()), peer_count / cpu_seconds(peer()))
            for _ in range(rounds)
        ]
    finally:
        gc.unfreeze()
    low, middle, high = statistics.quantiles([a / b for a, b in pairs], n=4)
    rate, peer_rate = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(name, rate, peer_rate, middle, (low, high), goal)


def table(rows: list[Row]) -> str:
    """Rows as a Markdown table that also reads well in a terminal."""
    head = ["what", "ours", "peer", "ratio", "middle half", "goal", ""]
    cells = [head, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    rule = ["-" * width for width in widths]
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )

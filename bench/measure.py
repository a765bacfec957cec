# SPDX-License-Identifier: GPL-2.0-only
"""Paired timing: A B A B …, CPU seconds of this process, the median of the ratios pair by pair."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table. Rates are operations per CPU second; ratio = ours / peer; goal 0 = none."""

    name: str
    ours: float
    peer: float
    ratio: float
    spread: tuple[float, float]
    goal: float

    def cells(self) -> list[str]:
        """The row as text, without a verdict word: numbers speak."""
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


def cpu_seconds(work: Callable[[], object]) -> float:
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
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    operations: int,
    peer_operations: int | None = None,
    goal: float = 0.0,
    rounds: int = 7,
) -> Row:
    """Run both in turn, `rounds` times after one warm-up; each call does its number of operations."""
    peer_count = peer_operations or operations
    ours(), peer()
    pairs = [
        (operations / cpu_seconds(ours), peer_count / cpu_seconds(peer)) for _ in range(rounds)
    ]
    ratios = [a / b for a, b in pairs]
    return Row(
        name,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
        (min(ratios), max(ratios)),
        goal,
    )


def table(rows: list[Row]) -> str:
    """Rows as a Markdown table that also reads well in a terminal."""
    head = ["what", "ours", "peer", "ratio", "min-max", "goal", ""]
    cells = [head, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    rule = ["-" * width for width in widths]
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )

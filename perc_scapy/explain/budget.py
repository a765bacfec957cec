# SPDX-License-Identifier: GPL-2.0-only
"""How much searching one capture gets: what is hopeless is searched in depth a few times, then only briefly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from perc_scapy.explain.search import MAX_TRIALS, Outcome

MAX_ALL_TRIALS = 1_000_000
"""Attempts for all packets of a capture: about half a minute."""
IN_DEPTH = 2
"""Packets of one direction of an association that may use up all attempts of a search without result."""
BRIEF = 600
"""Attempts on the packets behind those: every single deviation, and the first pairs."""


class Budget:
    """Counts attempts. A place is where packets are alike: one direction of one association."""

    def __init__(self, total: int = MAX_ALL_TRIALS) -> None:
        self._left = total
        self._hopeless: Counter[Hashable] = Counter()

    def limit(self, place: Hashable) -> int:
        """Attempts that the next packet of this place may take; 0 when all are used up."""
        allowed = MAX_TRIALS if self._hopeless[place] < IN_DEPTH else BRIEF
        return max(0, min(self._left, allowed))

    def spend(self, place: Hashable, outcome: Outcome) -> Outcome:
        """Count what a search took, and whether it was for nothing."""
        self._left -= outcome.tried
        self._hopeless[place] += not outcome.found
        return outcome

# SPDX-License-Identifier: GPL-2.0-only
"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.steps import Check

Rule = Callable[[Analysis, list[Participant]], Check]
"""A statement about a capture; it names at most three faults."""


def check(name: str, faults: list[str], good: str) -> Check:
    """The outcome: `good` is what to say when nothing was found wrong."""
    more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
    return Check(name, not faults, "; ".join(faults[:3]) + more if faults else good)

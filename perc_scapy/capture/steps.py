# SPDX-License-Identifier: GPL-2.0-only
"""The vocabulary of a conversation's story: steps with their packet, sections of steps, checks, verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MDD, KMF = "MDD", "KMF"


@dataclass(slots=True)
class Step:
    """One arrow. `packet` is None when the capture does not show it."""

    id: str
    """SS1-01 …; empty for a row that the flows do not number (cookie round trip)."""
    src: str
    dst: str
    message: str
    packet: int | None
    notes: list[str] = field(default_factory=list)
    """State changes and facts: names, key ids, SPIs, never key octets."""
    both_ways: bool = False

    @property
    def seen(self) -> bool:
        return self.packet is not None


@dataclass(slots=True)
class Section:
    """One of the three flows, for one participant."""

    title: str
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Check:
    """A statement about the capture that holds or not."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(slots=True)
class Story:
    """Everything that a ladder shows."""

    columns: list[str]
    """Left to right: participants, MDD, KMF."""
    sections: list[Section]
    checks: list[Check] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """Numbered steps in order."""
        for section in self.sections:
            yield from (step for step in section.steps if step.id)

    @property
    def passed(self) -> bool:
        """Every step was seen and every check holds."""
        steps = list(self.steps())
        return bool(steps) and all(s.seen for s in steps) and all(c.ok for c in self.checks)

    def verdict(self) -> str:
        """PASS or FAIL, how many steps were seen and, where there are checks, how many hold."""
        steps, word = list(self.steps()), "PASS" if self.passed else "FAIL"
        text = f"{word}  {sum(s.seen for s in steps)} of {len(steps)} steps"
        held = sum(c.ok for c in self.checks)
        return f"{text}, {held} of {len(self.checks)} checks" if self.checks else text

    def to_json(self) -> dict[str, object]:
        """The documented form: schema 1."""
        return {
            "schema": 1,
            "verdict": "pass" if self.passed else "fail",
            "steps": [{"id": s.id, "seen": s.seen, "packet": s.packet} for s in self.steps()],
            "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in self.checks],
        }

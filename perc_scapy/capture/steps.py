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
    closed: bool = False
    """More happened than the keys show: nobody can say that all went well."""


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
        """Every step was seen, every check holds, and nothing stays closed."""
        steps = list(self.steps())
        return bool(steps) and not self.unsure and self._nothing_missing

    @property
    def unsure(self) -> bool:
        """Nothing that can be seen is wrong or missing, and part of the talk stays closed."""
        return any(section.closed for section in self.sections) and self._nothing_missing

    @property
    def _nothing_missing(self) -> bool:
        return all(s.seen for s in self.steps()) and all(c.ok for c in self.checks)

    @property
    def word(self) -> str:
        """pass, unknown or fail."""
        return "unknown" if self.unsure else "pass" if self.passed else "fail"

    def verdict(self) -> str:
        """PASS, UNKNOWN or FAIL, how many steps were seen and, where there are checks, how many hold."""
        steps, held = list(self.steps()), sum(c.ok for c in self.checks)
        text = f"{self.word.upper()}  {sum(s.seen for s in steps)} of {len(steps)} steps"
        text += f", {held} of {len(self.checks)} checks" if self.checks else ""
        return f"{text}, more stays closed" if self.unsure else text

    def to_json(self) -> dict[str, object]:
        """The documented form: schema 1."""
        return {
            "schema": 1,
            "verdict": self.word,
            "steps": [{"id": s.id, "seen": s.seen, "packet": s.packet} for s in self.steps()],
            "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in self.checks],
        }

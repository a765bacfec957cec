# SPDX-License-Identifier: GPL-2.0-only
"""What judging a capture says: findings of rules, one result a requirement, a report of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Level = Literal["MUST", "SHOULD", "MAY", "implied"]
Verdict = Literal["pass", "fail", "not exercised"]

PASS: Verdict = "pass"  # noqa: S105
FAIL: Verdict = "fail"
NOT_EXERCISED: Verdict = "not exercised"

LEVELS: tuple[Level, ...] = ("MUST", "implied", "SHOULD", "MAY")
"""Gravest first. `implied` is a plain statement of a document, or follows from one: breaking it breaks the protocol."""


class Finding(NamedTuple):
    """One thing that a rule looked at."""

    packet: int | None
    ok: bool
    seen: str = ""
    """What was there instead, for people. Never holds a secret."""


@dataclass(frozen=True, slots=True)
class Result:
    """One requirement in one capture."""

    id: str
    result: Verdict
    level: Level
    packet: int | None
    """Where it was broken first; None when it was not, or when no single packet shows it."""
    clause: str
    """Document and section."""
    expected: str
    """What a conforming capture shows."""
    seen: str = ""
    """What was seen instead; for what was not exercised: why not."""
    packets: tuple[int, ...] = ()
    """All places where it was broken."""
    examined: int = 0
    """How many things the rule looked at."""
    capture: str = ""
    waived: str = ""
    """Reason of the waiver that covers a failure."""

    def to_json(self) -> dict[str, object]:
        """The documented form: the first six keys are fixed, others may be added."""
        return {
            "id": self.id,
            "result": self.result,
            "level": self.level,
            "packet": self.packet,
            "clause": self.clause,
            "expected": self.expected,
            "seen": self.seen,
            "packets": list(self.packets),
            "examined": self.examined,
            "capture": self.capture,
            "waived": self.waived or None,
        }


class RuleError(NamedTuple):
    """A rule that broke down: a fault of this program, not of the capture."""

    id: str
    error: str


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one capture, in the order of the requirement table."""

    results: tuple[Result, ...]
    name: str = ""
    missing: tuple[str, ...] = ()
    """Secrets that the capture needs and that were not given, in words."""
    errors: tuple[RuleError, ...] = field(default=())
    opened: int = 0
    """Protected records and packets that the keys opened."""
    remark: str = ""
    """Why nothing can be judged although no secret is known to be missing."""

    def __repr__(self) -> str:
        return f"Report({self.name!r}: {self.summary()})"

    def __str__(self) -> str:
        return self.summary()

    @property
    def failures(self) -> tuple[Result, ...]:
        """Failed results, waived ones included."""
        return tuple(r for r in self.results if r.result == FAIL)

    @property
    def passed(self) -> bool:
        """Nothing failed that is not waived."""
        return all(r.waived for r in self.failures)

    @property
    def undecidable(self) -> bool:
        """Everything protected stayed closed, and what is in clear breaks nothing."""
        return bool(self.why_undecidable) and not self.opened and not self.failures

    @property
    def why_undecidable(self) -> str:
        """What would have to be there to judge more; empty when nothing is known to be missing."""
        return f"not given: {'; '.join(self.missing)}" if self.missing else self.remark

    def count(self) -> Counter[str]:
        """How many results of each kind; waived failures count as `waived`."""
        return Counter("waived" if r.waived else r.result for r in self.results)

    def summary(self) -> str:
        """One line."""
        n = self.count()
        waived = f", {n['waived']} waived" if n["waived"] else ""
        return f"{n[PASS]} pass, {n[FAIL]} fail{waived}, {n[NOT_EXERCISED]} not exercised"

    def result(self, id_: str) -> Result:
        """The result of one requirement. Raises `KeyError` for an id that is not judged."""
        for result in self.results:
            if result.id == id_:
                return result
        raise KeyError(id_)

# SPDX-License-Identifier: GPL-2.0-only
"""Judge one analysed capture by every rule."""

from __future__ import annotations

from collections.abc import Iterable

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform.clauses import clause_of
from perc_scapy.conform.model import (
    FAIL,
    NOT_EXERCISED,
    PASS,
    Finding,
    Report,
    Result,
    RuleError,
    Verdict,
)
from perc_scapy.conform.registry import Rule, rule_book
from perc_scapy.conform.requirements import requirements
from perc_scapy.conform.subject import Subject

MAX_PLACES = 100
"""Packets named of one broken requirement."""


def judge(analysis: Analysis, name: str = "", ids: Iterable[str] | None = None) -> Report:
    """What every rule (or those of `ids`) says of a capture. Raises nothing: see `Report.errors`."""
    subject = Subject(analysis)
    wanted = set(rule_book() if ids is None else ids)
    done: dict[Rule, Verdicts] = {}
    errors: list[RuleError] = []
    results = []
    for id_, one in rule_book().items():
        if id_ not in wanted:
            continue
        if one not in done:
            done[one] = _run(one, subject, errors)
        results.append(done[one].result(id_, one, name))
    return Report(
        tuple(results), name, subject.missing, tuple(errors), subject.opened, subject.remark
    )


class Verdicts:
    """What one rule found."""

    def __init__(self, why_not: str) -> None:
        self.why_not = why_not
        self.examined = 0
        self.faults: list[Finding] = []

    def add(self, finding: Finding) -> None:
        self.examined += 1
        if not finding.ok:
            self.faults.append(finding)

    @property
    def verdict(self) -> Verdict:
        return FAIL if self.faults else PASS if self.examined else NOT_EXERCISED

    def result(self, id_: str, one: Rule, capture: str) -> Result:
        """As the result of one of the rule's ids."""
        first = min(self.faults, key=lambda f: f.packet or 0, default=None)
        return Result(
            id=id_,
            result=self.verdict,
            level=requirements()[id_].level,
            packet=None if first is None else first.packet,
            clause=clause_of(id_),
            expected=one.expected,
            seen=self._seen(first),
            packets=tuple(sorted({f.packet for f in self.faults if f.packet}))[:MAX_PLACES],
            examined=self.examined,
            capture=capture,
        )

    def _seen(self, first: Finding | None) -> str:
        if first is None:
            return "" if self.examined else self.why_not
        more = len(self.faults) - 1
        return first.seen + (f" (and {more} more)" if more else "")


def _run(one: Rule, subject: Subject, errors: list[RuleError]) -> Verdicts:
    found = Verdicts(subject.why_not(one.needs, one.about))
    try:
        for finding in one.judge(subject):
            found.add(finding)
    except Exception as error:  # one broken rule must not end the run; what it did find stands
        errors.extend(RuleError(id_, f"{type(error).__name__}: {error}") for id_ in one.ids)
        if not found.faults:
            found = Verdicts(f"the rule itself failed: {type(error).__name__}")
    return found

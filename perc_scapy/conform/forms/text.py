# SPDX-License-Identifier: GPL-2.0-only
"""A report for people: failures first, then what was not exercised and why, then counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from perc_scapy.conform.model import FAIL, LEVELS, NOT_EXERCISED, PASS, Report, Result

Tone = Literal["good", "bad", "dim", "bold"]
Paint = Callable[[str, Tone], str]
"""(text, tone) -> the text, coloured or not."""


def plain(text: str, tone: Tone) -> str:
    """No colours."""
    return text


def render(reports: Iterable[Report], *, verbose: bool = False, paint: Paint = plain) -> str:
    """All reports as text, with a line at the end of each."""
    return "\n".join(line for report in reports for line in lines(report, verbose, paint)) + "\n"


def lines(report: Report, verbose: bool = False, paint: Paint = plain) -> Iterator[str]:
    """One report."""
    word = paint("PASS", "good") if report.passed else paint("FAIL", "bad")
    if report.undecidable:
        word = paint("UNDECIDED", "bad")
    name = f"{_one_line(report.name)}: " if report.name else ""
    yield f"{word}  {name}{report.summary()}"
    for text in report.missing:
        yield paint(f"      not given: {text}", "dim")
    if report.remark:
        yield paint(f"      {report.remark}", "dim")
    for error in report.errors:
        yield paint(f"      the rule of {error.id} broke down: {error.error}", "bad")
    for result in ordered(report.failures):
        yield from _failure(result, paint)
    if verbose:
        yield from _rest(report, paint)


def ordered(results: Iterable[Result]) -> list[Result]:
    """Not waived first, then by level."""
    return sorted(results, key=lambda r: (bool(r.waived), LEVELS.index(r.level)))


def _failure(result: Result, paint: Paint) -> Iterator[str]:
    where = "whole capture" if result.packet is None else f"packet {result.packet}"
    word = paint("waived", "dim") if result.waived else paint("fail", "bad")
    yield f"  {word}  {paint(result.id, 'bold')}  {result.level}  {where}  {result.clause}"
    yield f"        expected  {result.expected}"
    yield f"        seen      {result.seen}"
    if result.waived:
        yield f"        waived    {result.waived}"


def _rest(report: Report, paint: Paint) -> Iterator[str]:
    for result in report.results:
        if result.result == PASS:
            yield f"  {paint('pass', 'good')}  {result.id}  {result.examined} examined"
    for result in report.results:
        if result.result == NOT_EXERCISED:
            yield paint(f"  not exercised  {result.id}  {result.seen}", "dim")


def verdict(reports: Iterable[Report]) -> str:
    """One line for several captures."""
    everything = list(reports)
    bad = sum(not report.passed for report in everything)
    failed = sorted(
        {r.id for report in everything for r in report.results if r.result == FAIL and not r.waived}
    )
    names = f": {', '.join(failed)}" if failed else ""
    return f"{len(everything)} captures, {bad} with failures{_one_line(names)}"


def _one_line(name: str) -> str:
    """File names may hold what moves a terminal's cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)

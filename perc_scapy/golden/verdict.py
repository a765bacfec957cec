# SPDX-License-Identifier: GPL-2.0-only
"""Whether a judged capture passes a test: what fails, is not waived, and was not meant to fail."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from perc_scapy.conform.model import FAIL, Result
from perc_scapy.conform.waivers import apply, read_waivers
from perc_scapy.errors import ConfigError
from perc_scapy.golden.folder import About, Opened

LEVELS = {"must": ("MUST", "implied"), "should": ("MUST", "implied", "SHOULD")}


def judged_nothing(opened: Opened) -> str:
    """Why there is no verdict; empty when there is one."""
    report = opened.report
    return f"undecided, {report.why_undecidable}" if report.undecidable else ""


def faults(
    opened: Opened, fail_on: str, baseline: Path | None = None, today: date | None = None
) -> list[str]:
    """One line for each thing that is not as it should be. Raises `ConfigError` for a broken baseline."""
    waivers = [] if baseline is None else read_waivers(_text(baseline), str(baseline))
    (report,), _ = apply([opened.report], waivers, today or datetime.now(UTC).date())
    meant = set(About.of(opened.case.trace.parent).violates)
    broken = {r.id: r for r in report.results if r.result == FAIL}
    lines = [
        _line(r)
        for r in broken.values()
        if r.level in LEVELS[fail_on] and not r.waived and r.id not in meant
    ]
    lines += [
        f"  {id_} should fail in this capture and does not" for id_ in sorted(meant - broken.keys())
    ]
    return lines + [f"  the rule of {e.id} broke down: {e.error}" for e in report.errors]


def _line(result: Result) -> str:
    where = "" if result.packet is None else f", packet {result.packet}"
    return (
        f"  {result.id} ({result.level}{where}): {result.clause}\n"
        f"      expected: {result.expected}\n      seen:     {result.seen}"
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None

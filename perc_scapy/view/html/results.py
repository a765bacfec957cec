# SPDX-License-Identifier: GPL-2.0-only
"""Ladders and conformance reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perc_scapy.view.html.style import styled, text
from perc_scapy.view.html.tables import table_body
from perc_scapy.view.svg import svg_ladder

if TYPE_CHECKING:
    from perc_scapy.capture.steps import Story

HEADS = ["requirement", "level", "packet", "expected", "seen", "clause"]


def ladder_html(story: Story) -> str:
    """The ladder as a picture that scrolls."""
    return styled(f'<div style="overflow:auto">{svg_ladder(story)}</div>')


def report_html(report: Any) -> str:
    """A conformance report (`conform.Report`): failures first, what passed and what was not exercised folded away."""
    failed = [r for r in report.results if r.result == "fail"]
    passed = [r for r in report.results if r.result == "pass"]
    rest = [r for r in report.results if r.result not in ("pass", "fail")]
    word = "good" if report.passed else "bad"
    parts = [f'<p class="{word}">{text(report.name)} {text(report)}</p>']
    parts += [
        f'<div class="warning">missing: {text(m)}</div>' for m in getattr(report, "missing", ())
    ]
    remark = getattr(report, "remark", "")
    parts += [f'<div class="warning">{text(remark)}</div>'] if remark else []
    parts += [
        _group("failed", failed, opened=True),
        _group("passed", passed),
        _group("not exercised", rest),
    ]
    return styled("".join(parts))


def _group(name: str, results: list[Any], *, opened: bool = False) -> str:
    if not results:
        return ""
    body = table_body(HEADS, map(_cells, results))
    state = " open" if opened else ""
    return f"<details{state}><summary>{len(results)} {name}</summary>{body}</details>"


def _cells(result: Any) -> list[Any]:
    waived = getattr(result, "waived", "")
    seen = getattr(result, "seen", "")
    said = f"{seen} (waived: {waived})" if waived else seen
    return [result.id, result.level, result.packet, result.expected, said, result.clause]

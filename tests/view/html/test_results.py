# SPDX-License-Identifier: GPL-2.0-only
"""Reports and ladders."""

from dataclasses import dataclass, field

from perc_scapy.capture.steps import Section, Step, Story
from perc_scapy.view.html.results import ladder_html, report_html


@dataclass
class Result:
    id: str
    result: str
    level: str = "MUST"
    packet: int | None = None
    clause: str = "RFC <1>"
    expected: str = "a & b"
    seen: str = ""
    waived: str = ""


@dataclass
class Report:
    results: list[Result]
    name: str = "trace<script>"
    passed: bool = False
    missing: list[str] = field(default_factory=lambda: ["the <key> log"])
    remark: str = ""

    def __str__(self) -> str:
        return "1 fail"


def test_failures_come_first() -> None:
    report = Report([Result("P-1", "pass"), Result("F-1", "fail", packet=7, seen="<b>", waived="known"),
                     Result("N-1", "not exercised")])  # fmt: skip
    shown = report_html(report)
    assert shown.index("F-1") < shown.index("P-1") < shown.index("N-1")
    assert "<details open><summary>1 failed" in shown
    assert "<details><summary>1 passed" in shown
    assert '<td class="num">7</td>' in shown
    assert "&lt;b&gt; (waived: known)" in shown
    assert "missing: the &lt;key&gt; log" in shown
    assert "<script>" not in shown


def test_why_nothing_could_be_judged() -> None:
    report = Report([], missing=[], remark="no <DTLS>")
    assert '<div class="warning">no &lt;DTLS&gt;</div>' in report_html(report)


def test_a_ladder_has_a_style_of_its_own() -> None:
    story = Story(["A", "B"], [Section("x", [Step("S-1", "A", "B", "hello", 1)])])
    style = ladder_html(story).split('role="img"><style>')[1].split("</style>")[0]
    rules = [rule for rule in style.replace("\n", "").split("}") if rule]
    assert rules
    assert all(rule.startswith(".perc-ladder ") for rule in rules)

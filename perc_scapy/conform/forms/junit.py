# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML: a suite a capture, a case a requirement. What CI servers know to show."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from perc_scapy.conform.model import FAIL, NOT_EXERCISED, Report, Result


def render(reports: Iterable[Report]) -> str:
    """One `testsuites` document."""
    root = Element("testsuites", name="perc check")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for report in reports:
        for name, number in _suite(root, report).items():
            totals[name] += number
    for name, number in totals.items():
        root.set(name, str(number))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, report: Report) -> dict[str, int]:
    listed = {r.id for r in report.results}
    broken = {error.id: error.error for error in report.errors if error.id in listed}
    failed = [r for r in report.failures if not r.waived]
    skipped = [r for r in report.results if r.result == NOT_EXERCISED and r.id not in broken]
    skipped += [r for r in report.failures if r.waived]
    counts = {
        "tests": len(report.results),
        "failures": len(failed),
        "errors": len(broken),
        "skipped": len(skipped),
    }
    suite = SubElement(root, "testsuite", name=xml_text(report.name or "capture"))
    for name, number in counts.items():
        suite.set(name, str(number))
    suite.set("time", "0")
    for result in report.results:
        _case(suite, result, report.name, broken.get(result.id))
    return counts


def _case(suite: Element, result: Result, capture: str, broken: str | None) -> None:
    group = f"{capture or 'capture'}.{result.id.rsplit('-', 1)[0]}"
    case = SubElement(suite, "testcase", classname=xml_text(group), name=result.id, time="0")
    if broken is not None:
        SubElement(case, "error", message=xml_text(broken), type="rule")
    elif result.waived:
        SubElement(case, "skipped", message=xml_text(f"waived: {result.waived}"))
    elif result.result == FAIL:
        failure = SubElement(case, "failure", message=xml_text(result.seen), type=result.level)
        failure.text = xml_text(_text(result))
    elif result.result == NOT_EXERCISED:
        SubElement(case, "skipped", message=xml_text(result.seen))


def _text(result: Result) -> str:
    where = "" if result.packet is None else f"packet {result.packet}\n"
    return f"{where}{result.clause}\nexpected: {result.expected}\nseen: {result.seen}\n"


def xml_text(text: str) -> str:
    """Without what XML 1.0 cannot hold (its section 2.2), and what would turn text around where it is shown."""
    return "".join(c if c.isprintable() or c in "\t\n\r" else "\ufffd" for c in text)

# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML, by what CI servers read of it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from perc_scapy.conform.forms import junit
from perc_scapy.conform.model import FAIL, Report, Result, RuleError
from tests.conform.forms.test_text import REPORT


def suites(*reports: Report) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(reports))


def test_a_suite_a_capture_and_a_case_an_id() -> None:
    root = suites(REPORT, replace(REPORT, name="other"))
    assert root.tag == "testsuites"
    assert [suite.get("name") for suite in root] == ["call", "other"]
    cases = root[0].findall("testcase")
    assert [case.get("name") for case in cases] == ["A-1", "A-2", "A-3", "A-4", "A-5"]
    assert {case.get("classname") for case in cases} == {"call.A"}


def test_counts_agree_with_the_cases() -> None:
    suite = suites(REPORT)[0]
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name, "-1")) == len(suite.findall(f"testcase/{tag}")), name
    assert suite.get("tests") == "5"
    assert suites(REPORT).get("failures") == "2"


def test_a_failure_has_packet_clause_and_both_sides() -> None:
    failure = suites(REPORT).find("testsuite/testcase[@name='A-2']/failure")
    assert failure is not None
    assert (failure.get("message"), failure.get("type")) == ("that", "SHOULD")
    assert failure.text == "packet 9\nX, section 2\nexpected: this\nseen: that\n"


def test_waived_and_not_exercised_are_skipped_with_the_reason() -> None:
    root = suites(REPORT)
    reasons = {
        c.get("name"): c[0].get("message")
        for c in root.iter("testcase")
        if len(c) and c[0].tag == "skipped"
    }
    assert reasons == {"A-4": "the capture shows no such things", "A-5": "waived: ticket 9"}


def test_a_rule_that_broke_down_is_an_error() -> None:
    report = Report(REPORT.results[3:4], "x", errors=(RuleError("A-4", "ZeroDivisionError"),))
    suite = suites(report)[0]
    assert suite.find("testcase/error[@message='ZeroDivisionError']") is not None
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "0")


def test_what_xml_cannot_hold_is_replaced() -> None:
    odd = Result("A-1", FAIL, "MUST", 1, "X", "\x00\x1b[1m<&>", "\ud800 and \uffff")
    failure = suites(Report((odd,), "a\x07b")).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "\ufffd and \ufffd"
    assert "\ufffd\ufffd[1m<&>" in (failure.text or "")


def test_marks_that_turn_text_around_are_replaced_and_letters_stay() -> None:
    root = suites(Report(REPORT.results, "Zo\xeb\u202e\u2066\x85\x9b\x7f"))
    assert root[0].get("name") == "Zo\xeb" + "\ufffd" * 5

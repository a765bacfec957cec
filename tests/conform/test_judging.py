# SPDX-License-Identifier: GPL-2.0-only
"""Judging: what a report says of a good conference, of a closed one, and of a rule that breaks down."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.conform import judge, rule_book
from perc_scapy.conform.model import NOT_EXERCISED
from perc_scapy.conform.registry import Rule
from perc_scapy.conform.subject import Part
from tests.capture.test_simulated import three_flows


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return three_flows().analysis()


def test_a_good_conference_passes_everything_that_it_exercises(analysis: Analysis) -> None:
    report = judge(analysis, "good")
    assert report.failures == ()
    assert report.errors == ()
    assert report.passed
    assert report.count()["pass"] >= 150
    assert {r.capture for r in report.results} == {"good"}
    assert [r.id for r in report.results] == list(rule_book())


def test_results_carry_level_clause_and_expectation(analysis: Analysis) -> None:
    report = judge(analysis, ids=["T00-MDD-07", "T00-KMF-10"])
    assert [r.id for r in report.results] == ["T00-MDD-07", "T00-KMF-10"]
    relayed, keys = report.results
    assert (relayed.level, keys.level) == ("MUST", "implied")
    assert relayed.clause == "draft-jones-perc-dtls-tunnel-00, section 5.2"
    assert relayed.expected
    assert relayed.examined > 10


def test_without_keys_it_says_which_are_missing(analysis: Analysis) -> None:
    report = judge(Analysis(analysis.datagrams, KeyLog()))
    assert report.undecidable
    assert report.opened == 0
    assert "the tunnel's secrets" in report.missing
    result = report.result("T00-KMF-10")
    assert result.result == NOT_EXERCISED
    assert "the tunnel's secrets" in result.seen


def test_a_rule_that_breaks_down_ends_nothing(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(subject):
        raise ZeroDivisionError("by hand")
        yield

    bad = Rule(("EKT-01",), broken, "nothing", "nothings", Part.NOTHING, "", "")
    from perc_scapy.conform import judging as module

    monkeypatch.setattr(
        module, "rule_book", lambda: {"EKT-01": bad, "DTL-03": rule_book()["DTL-03"]}
    )
    report = module.judge(analysis)
    assert [(e.id, "by hand" in e.error) for e in report.errors] == [("EKT-01", True)]
    assert report.result("EKT-01").result == NOT_EXERCISED
    assert report.result("DTL-03").result == "pass"

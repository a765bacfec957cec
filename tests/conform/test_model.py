# SPDX-License-Identifier: GPL-2.0-only
"""Reports and results: counting, and the form that machines read."""

from __future__ import annotations

import pytest

from perc_scapy.conform.model import FAIL, NOT_EXERCISED, PASS, Report, Result


def result(id_: str, verdict: str, **more: object) -> Result:
    return Result(id_, verdict, "MUST", more.pop("packet", None), "X, section 1", "good", **more)  # type: ignore[arg-type]


REPORT = Report(
    (
        result("A-1", PASS, examined=3),
        result("A-2", FAIL, packet=7, seen="bad", packets=(7, 9)),
        result("A-3", NOT_EXERCISED, seen="the capture shows no such things"),
    ),
    "call",
)


def test_counts_and_summary() -> None:
    assert REPORT.summary() == "1 pass, 1 fail, 1 not exercised"
    assert str(REPORT) == REPORT.summary()
    assert repr(REPORT) == "Report('call': 1 pass, 1 fail, 1 not exercised)"
    assert [r.id for r in REPORT.failures] == ["A-2"]
    assert not REPORT.passed


def test_a_waived_failure_is_still_one_and_fails_nothing() -> None:
    report = Report((result("A-2", FAIL, waived="ticket 1"),))
    assert report.passed
    assert report.summary() == "0 pass, 0 fail, 1 waived, 0 not exercised"
    assert len(report.failures) == 1


def test_results_by_id() -> None:
    assert REPORT.result("A-1").examined == 3
    with pytest.raises(KeyError):
        REPORT.result("A-9")


def test_nothing_opened_is_undecided_unless_something_failed() -> None:
    assert Report((result("A-1", PASS),), missing=("keys",)).undecidable
    assert not Report((result("A-1", FAIL),), missing=("keys",)).undecidable
    assert not Report((result("A-1", PASS),), missing=("keys",), opened=4).undecidable
    assert not Report((result("A-1", PASS),)).undecidable


def test_json_keys() -> None:
    assert REPORT.results[1].to_json() == {
        "id": "A-2", "result": "fail", "level": "MUST", "packet": 7, "clause": "X, section 1",
        "expected": "good", "seen": "bad", "packets": [7, 9], "examined": 0, "capture": "", "waived": None,
    }  # fmt: skip

# SPDX-License-Identifier: GPL-2.0-only
"""The report for people."""

from __future__ import annotations

from perc_scapy.conform.forms import text
from perc_scapy.conform.model import FAIL, NOT_EXERCISED, PASS, Report, Result, RuleError

RESULTS = (
    Result("A-1", PASS, "MUST", None, "X", "good", examined=4),
    Result("A-2", FAIL, "SHOULD", 9, "X, section 2", "this", "that", (9,)),
    Result("A-3", FAIL, "MUST", None, "X, section 3", "one", "none"),
    Result("A-4", NOT_EXERCISED, "MAY", None, "X", "good", "the capture shows no such things"),
    Result("A-5", FAIL, "MUST", 3, "X", "w", "v", waived="ticket 9"),
)
REPORT = Report(RESULTS, "call", ("the tunnel's secrets",), (RuleError("A-6", "oops"),), opened=1)


def test_failures_come_first_by_level_and_waived_ones_last() -> None:
    assert text.render([REPORT]).splitlines() == [
        "FAIL  call: 1 pass, 2 fail, 1 waived, 1 not exercised",
        "      not given: the tunnel's secrets",
        "      the rule of A-6 broke down: oops",
        "  fail  A-3  MUST  whole capture  X, section 3",
        "        expected  one",
        "        seen      none",
        "  fail  A-2  SHOULD  packet 9  X, section 2",
        "        expected  this",
        "        seen      that",
        "  waived  A-5  MUST  packet 3  X",
        "        expected  w",
        "        seen      v",
        "        waived    ticket 9",
    ]


def test_verbose_adds_the_rest() -> None:
    added = text.render([REPORT], verbose=True).splitlines()[13:]
    assert added == [
        "  pass  A-1  4 examined",
        "  not exercised  A-4  the capture shows no such things",
    ]


def test_words_of_a_verdict_are_painted() -> None:
    painted = text.render([REPORT], paint=lambda words, tone: f"<{tone}>{words}</>")
    assert painted.startswith("<bad>FAIL</>  call: ")
    assert "<bold>A-3</>" in painted


def test_one_word_for_the_whole() -> None:
    def words(report: Report) -> str:
        return next(text.lines(report)).split("  ")[0]

    assert words(Report(RESULTS[:1])) == "PASS"
    assert words(Report((RESULTS[4],))) == "PASS"
    assert words(Report(RESULTS[:1], missing=("keys",))) == "UNDECIDED"


def test_the_last_line_names_every_failed_id_once() -> None:
    assert text.verdict([REPORT, REPORT]) == "2 captures, 2 with failures: A-2, A-3"
    assert text.verdict([Report(RESULTS[:1])]) == "1 captures, 0 with failures"

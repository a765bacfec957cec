# SPDX-License-Identifier: GPL-2.0-only
"""The documented form of a ladder."""

from perc_scapy.capture.steps import KMF, MDD, Check, Section, Step, Story


def story(*packets: int | None, checks: tuple[bool, ...] = ()) -> Story:
    steps = [Step(f"SS1-{n:02d}", MDD, KMF, "x", p) for n, p in enumerate(packets, 1)]
    steps.append(Step("", KMF, MDD, "extra", 9))
    return Story(["A", MDD, KMF], [Section("t", steps)], [Check("c", ok) for ok in checks])


def test_json() -> None:
    assert story(3, None, checks=(True,)).to_json() == {
        "schema": 1,
        "verdict": "fail",
        "steps": [
            {"id": "SS1-01", "seen": True, "packet": 3},
            {"id": "SS1-02", "seen": False, "packet": None},
        ],
        "checks": [{"name": "c", "ok": True, "detail": ""}],
    }


def test_the_verdict_needs_everything() -> None:
    assert story(1, 2, checks=(True, True)).passed
    assert not story(1, None, checks=(True,)).passed
    assert not story(1, checks=(True, False)).passed
    assert not Story([], []).passed


def test_what_stays_closed_is_neither_pass_nor_fail() -> None:
    """Nothing wrong is seen, and not everything is seen; what is wrong stays wrong."""
    for made, word in ((story(1, 2), "unknown"), (story(1, None), "fail")):
        made.sections.append(Section("closed", [Step("D1-01", MDD, KMF, "x", 3)], closed=True))
        assert not made.passed
        assert made.to_json()["verdict"] == word
        assert made.verdict().startswith(f"{word.upper()}  ")
    assert story(1, 2).to_json()["verdict"] == "pass"

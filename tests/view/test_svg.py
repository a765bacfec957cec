# SPDX-License-Identifier: GPL-2.0-only
"""The SVG ladder: well-formed, every step and fact in it, hostile text kept as text."""

from __future__ import annotations

from xml.etree import ElementTree

from perc_scapy.capture.steps import Check, Section, Step, Story
from perc_scapy.view.svg import svg_ladder

SVG = "{http://www.w3.org/2000/svg}"


def story(*steps: Step) -> Story:
    return Story(
        ["A", "MDD", "KMF"], [Section("Session Setup", list(steps))], [Check("whole", True)]
    )


def texts(document: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(document).iter(f"{SVG}text")]


def test_every_step_has_its_row() -> None:
    shown = texts(
        svg_ladder(story(Step("SS1-05", "A", "MDD", "ClientHello", 7, ["association -> A"])))
    )
    assert {
        "SS1-05",
        "7",
        "ClientHello",
        "association → A",
        "PASS  1 of 1 steps, 1 of 1 checks",
        "whole",
    } <= set(shown)


def test_a_missing_step_is_a_broken_line_and_the_verdict_fails() -> None:
    document = svg_ladder(story(Step("SS1-05", "A", "MDD", "ClientHello", None)))
    assert 'class="go lost"' in document
    assert {"✗", "FAIL  0 of 1 steps, 1 of 1 checks"} <= set(texts(document))


def test_a_row_that_the_flows_do_not_number_is_marked_as_in_the_text_form() -> None:
    rows = Step("", "A", "MDD", "HelloVerifyRequest", 2), Step("SS1-05", "A", "MDD", "m", 3)
    shown = texts(svg_ladder(story(*rows)))
    assert (shown.count("+"), shown.count("✓")) == (1, 2)  # one step and the check


def test_text_from_a_capture_stays_text() -> None:
    document = svg_ladder(story(Step("", "MDD", "A", "<script>alert(1)</script>&", 1)))
    assert "<script>alert(1)</script>&" in texts(document)


def test_an_arrow_points_where_the_message_went() -> None:
    root = ElementTree.fromstring(
        svg_ladder(story(Step("X", "KMF", "MDD", "m", 1, both_ways=True)))
    )
    arrow = next(line for line in root.iter(f"{SVG}line") if line.get("class") == "go")
    assert int(arrow.get("x1", "0")) > int(arrow.get("x2", "0"))
    assert arrow.get("marker-start")


def test_what_stays_closed_is_no_success() -> None:
    made = story(Step("SS1-05", "A", "MDD", "ClientHello", 7))
    for closed, word, kind in ((False, "PASS", "good"), (True, "UNKNOWN", "dim")):
        made.sections[0].closed = closed
        nodes = ElementTree.fromstring(svg_ladder(made)).iter(f"{SVG}text")
        (verdict,) = [node for node in nodes if (node.text or "").startswith(f"{word}  ")]
        assert verdict.get("class") == f"title {kind}"

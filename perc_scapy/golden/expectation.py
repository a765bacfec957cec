# SPDX-License-Identifier: GPL-2.0-only
"""What a regression test holds of a capture, as JSON-able data, and how the next run differs from it.

expected = describe(analysis, report)          # once, kept in expect.json
for difference in compare(expected, describe(new, new_report)):
    print(difference)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.story import Storyteller
from perc_scapy.golden.differences import Difference, differences
from perc_scapy.golden.handshakes import association, tunnel
from perc_scapy.golden.masks import DEFAULT, Masks
from perc_scapy.golden.naming import Names, without_numbers
from perc_scapy.golden.streams import streams

if TYPE_CHECKING:
    from perc_scapy.conform import Report

SCHEMA = 1
PASS, FAIL = "pass", "fail"

__all__ = ["DEFAULT", "SCHEMA", "Difference", "compare", "describe"]


def describe(analysis: Analysis, report: Report | None = None) -> dict[str, Any]:
    """Flow steps, tunnels, associations, streams, notes, and with `report` what was judged. No key octets."""
    names = Names(analysis)
    return {
        "schema": SCHEMA,
        "flow": _flow(analysis, names),
        "tunnels": [tunnel(found, names) for found in analysis.tunnels],
        "associations": [association(found, names) for found in analysis.associations],
        "streams": streams(analysis.media, names),
        "notes": [
            {"text": without_numbers(note.text), "severity": note.severity, "packet": note.packet}
            for note in analysis.notes
        ],
        "conformance": {PASS: [], FAIL: {}} if report is None else conformance(report),
    }


def _flow(analysis: Analysis, names: Names) -> dict[str, int | None]:
    """Packets of the steps of the flows of April 2016; none where there is no tunnel."""
    if not analysis.tunnels:
        return {}
    story = Storyteller(analysis, names.people).story()
    return {step.id: step.packet for step in story.steps()}


def conformance(report: Report) -> dict[str, Any]:
    """Ids that pass, and those that fail with their first packet; what was not exercised is left out."""
    results = sorted(report.results, key=lambda result: result.id)
    return {
        PASS: [result.id for result in results if result.result == PASS],
        FAIL: {result.id: result.packet for result in results if result.result == FAIL},
    }


def compare(
    expected: dict[str, Any], seen: dict[str, Any], masks: Masks | Iterable[str] = DEFAULT
) -> list[Difference]:
    """Where `seen` differs from `expected`; masked fields only by being there or not.

    An id that passes and was not judged when the expectation was written is no difference: rules are added over time.
    """
    mask = masks if isinstance(masks, Masks) else Masks(masks)
    old, new = mask.apply(expected), mask.apply(seen)
    judged, judged_now = (_by_id(each.pop("conformance", None)) for each in (old, new))
    known = {id_: v for id_, v in judged_now.items() if id_ in judged or v["result"] != PASS}
    return [*differences(old, new), *differences(judged, known, "conformance")]


def _by_id(kept: dict[str, Any] | None) -> dict[str, Any]:
    """Result and packet of each id."""
    value = kept or {}
    passed = {id_: {"result": PASS, "packet": None} for id_ in value.get(PASS, ())}
    return passed | {
        id_: {"result": FAIL, "packet": packet} for id_, packet in value.get(FAIL, {}).items()
    }

# SPDX-License-Identifier: GPL-2.0-only
"""JSON, schema 1."""

from __future__ import annotations

import json

from perc_scapy.conform.forms import machine
from tests.conform.forms.test_text import REPORT


def test_the_document() -> None:
    found = json.loads(machine.render([REPORT, REPORT]))
    assert list(found) == ["schema", "results"]
    assert found["schema"] == 1
    assert len(found["results"]) == 10
    assert found["results"][1] == REPORT.results[1].to_json()
    fixed = ["id", "result", "level", "packet", "clause", "expected"]
    assert list(found["results"][0])[:6] == fixed


def test_no_captures_are_an_empty_list() -> None:
    assert json.loads(machine.render([])) == {"schema": 1, "results": []}

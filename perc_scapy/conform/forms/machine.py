# SPDX-License-Identifier: GPL-2.0-only
"""JSON, schema 1: `{"schema": 1, "results": [{"id", "result", "level", "packet", "clause", "expected", …}]}`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from perc_scapy.conform.model import Report


def to_json(reports: Iterable[Report]) -> dict[str, object]:
    """All results of all captures; each names its capture."""
    return {"schema": 1, "results": [r.to_json() for report in reports for r in report.results]}


def render(reports: Iterable[Report]) -> str:
    """As a document."""
    return json.dumps(to_json(reports), indent=1, ensure_ascii=False) + "\n"

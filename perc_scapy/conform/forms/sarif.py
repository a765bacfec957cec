# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0: each failed requirement as a result, at its capture file, with the packet as logical location."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from perc_scapy import __version__
from perc_scapy.conform.clauses import clause_of
from perc_scapy.conform.model import Level, Report, Result
from perc_scapy.conform.registry import Rule, rule_book
from perc_scapy.conform.requirements import requirements

LEVELS: Mapping[Level, str] = {
    "MUST": "error",
    "implied": "error",
    "SHOULD": "warning",
    "MAY": "note",
}


def to_sarif(reports: Iterable[Report], files: Mapping[str, str]) -> dict[str, object]:
    """One run. `files`: path of each capture by the name of its report."""
    everything = list(reports)
    failed = sorted({r.id for report in everything for r in report.failures})
    order = {id_: n for n, id_ in enumerate(failed)}
    results = [
        _result(r, order[r.id], files.get(report.name, report.name))
        for report in everything
        for r in report.failures
    ]
    driver = {
        "name": "perc check",
        "version": __version__,
        "rules": [_rule(id_, rule_book()[id_]) for id_ in failed],
    }
    faults = [_notification(e.id, e.error) for report in everything for e in report.errors]
    invocation = {"executionSuccessful": not faults, "toolExecutionNotifications": faults}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return {"version": "2.1.0", "runs": [run]}


def render(reports: Iterable[Report], files: Mapping[str, str]) -> str:
    """As a document, in ASCII: file names of others may hold controls and marks that turn text around."""
    return json.dumps(to_sarif(reports, files), indent=1) + "\n"


def _rule(id_: str, one: Rule) -> dict[str, object]:
    row = requirements()[id_]
    return {
        "id": id_,
        "shortDescription": {"text": row.statement},
        "fullDescription": {"text": f"{clause_of(id_)}: {one.expected}"},
        "help": {"text": f"{one.how} Broken by, for example: {one.broken_by}."},
        "defaultConfiguration": {"level": LEVELS[row.level]},
        "properties": {"level": row.level, "source": row.source},
    }


def _result(result: Result, index: int, file: str) -> dict[str, object]:
    where = "the whole capture" if result.packet is None else f"packet {result.packet}"
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(file.replace("\\", "/"))}},
        "logicalLocations": [
            {"name": where, "fullyQualifiedName": f"{result.capture}/{where}", "kind": "packet"}
        ],
    }
    made: dict[str, object] = {
        "ruleId": result.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": LEVELS[result.level],
        "message": {"text": f"expected: {result.expected}; seen: {result.seen}"},
        "locations": [location],
        "properties": {"packets": list(result.packets), "clause": result.clause},
    }
    if result.waived:
        made["suppressions"] = [{"kind": "external", "justification": result.waived}]
    return made


def _notification(id_: str, error: str) -> dict[str, object]:
    return {"level": "error", "message": {"text": f"the rule of {id_} broke down: {error}"}}

# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0, checked against what the standard requires of each object (sections 3.13 to 3.58)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from perc_scapy.conform import judge
from perc_scapy.conform.forms import sarif
from perc_scapy.conform.model import Report, RuleError
from tests.conform.planted import PLANTED

REQUIRED = {
    "log": {"version", "runs"},
    "run": {"tool"},
    "driver": {"name"},
    "rule": {"id"},
    "result": {"message"},
    "suppression": {"kind"},
    "invocation": {"executionSuccessful"},
    "notification": {"message"},
}
KNOWN = {
    "log": {"version", "runs", "$schema", "properties"},
    "run": {"tool", "invocations", "results", "columnKind", "properties"},
    "driver": {"name", "version", "semanticVersion", "informationUri", "rules"},
    "rule": {"id", "name", "shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration",
             "properties"},
    "result": {"ruleId", "ruleIndex", "kind", "level", "message", "locations", "suppressions", "properties"},
    "suppression": {"kind", "justification", "status"},
    "invocation": {"executionSuccessful", "toolExecutionNotifications"},
    "notification": {"message", "level"},
}  # fmt: skip
LEVELS = {"none", "note", "warning", "error"}


@pytest.fixture(scope="module")
def report() -> Report:
    return judge(PLANTED["full_double_keys"].build(), "folder/a b")


def fits(thing: dict[str, Any], kind: str) -> None:
    assert REQUIRED[kind] <= set(thing) <= KNOWN[kind], (kind, set(thing))


def validate(log: dict[str, Any]) -> None:
    """Raises where a consumer would."""
    fits(log, "log")
    assert log["version"] == "2.1.0"
    for run in log["runs"]:
        fits(run, "run")
        driver = run["tool"]["driver"]
        fits(driver, "driver")
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(ids) == len(set(ids))
        for rule in driver["rules"]:
            fits(rule, "rule")
            for text in ("shortDescription", "fullDescription", "help"):
                assert rule[text]["text"]
            assert rule["defaultConfiguration"]["level"] in LEVELS
        for result in run["results"]:
            fits(result, "result")
            assert result["message"]["text"]
            assert result["level"] in LEVELS
            assert result["kind"] == "fail"  # level is only allowed beside it (3.27.10)
            assert ids[result["ruleIndex"]] == result["ruleId"]
            for location in result["locations"]:
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri), uri
                assert all(logical["name"] for logical in location["logicalLocations"])
            for suppression in result.get("suppressions", []):
                fits(suppression, "suppression")
                assert suppression["kind"] in ("inSource", "external")
        for invocation in run["invocations"]:
            fits(invocation, "invocation")
            for notification in invocation["toolExecutionNotifications"]:
                fits(notification, "notification")


def test_it_is_valid(report: Report) -> None:
    waived = replace(report.failures[0], waived="ticket")
    both = [report, replace(report, results=(waived,), errors=(RuleError("EKT-01", "oops"),))]
    log = json.loads(sarif.render(both, {"folder/a b": "captures/a b/trace.pcapng"}))
    validate(log)
    (run,) = log["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["results"][-1]["suppressions"][0]["justification"] == "ticket"


def test_only_failures_with_file_and_packet(report: Report) -> None:
    (run,) = sarif.to_sarif([report], {"folder/a b": "captures/a b/trace.pcapng"})["runs"]  # type: ignore[misc]
    assert [r["ruleId"] for r in run["results"]] == [r.id for r in report.failures]
    first = report.failures[0]
    place = run["results"][0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "captures/a%20b/trace.pcapng"
    assert place["logicalLocations"][0]["name"] == f"packet {first.packet}"


def test_nothing_failed_is_a_valid_log_too(report: Report) -> None:
    validate(json.loads(sarif.render([replace(report, results=())], {})))
    validate(json.loads(sarif.render([], {})))

# SPDX-License-Identifier: GPL-2.0-only
"""Settings of the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.golden.settings import traces
from tests.golden.project import Project

pytest_plugins = ["pytester"]


def test_one_trace_a_folder(tmp_path: Path) -> None:
    for name in ("a/trace.pcap", "a/trace.pcapng", "b/trace.pcapng.gz", "c/other.pcap", "trace.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in traces(tmp_path, "**/trace.*cap*")]
    assert found == ["a/trace.pcap", "b/trace.pcapng.gz"]
    assert traces(tmp_path / "c") == []


def test_a_level_that_there_is_not(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    project.settings("perc_fail_on = always")
    result = project.run()
    assert result.ret != 0
    (result.stdout.str() + result.stderr.str()).index("perc_fail_on: must, should, never")


def test_conformance_can_be_switched_off(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    project.settings("perc_fail_on = never")
    project.run("--perc-update").assert_outcomes(passed=1)
    project.run("--perc-fail-on", "must").assert_outcomes(passed=2)


def test_the_command_line_comes_before_the_settings(pytester: pytest.Pytester) -> None:
    """Which file of waivers."""
    project = Project(pytester, "session-setup-1")
    project.settings("perc_baseline = none.toml")
    project.run("--perc-update").assert_outcomes(passed=1, failed=1)
    pytester.makefile(".toml", waivers="")
    project.run("--perc-baseline", "waivers.toml").assert_outcomes(passed=2)

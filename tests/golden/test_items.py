# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of a capture say when they fail."""

from __future__ import annotations

import pytest

from tests.golden.project import Project

pytest_plugins = ["pytester"]


def test_a_missing_expectation_fails_and_says_how_to_write_it(pytester: pytest.Pytester) -> None:
    result = Project(pytester, "session-setup-1").run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*no expectation*--perc-update*"])


def test_what_differs_stands_there_without_a_traceback(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-2")
    project.run("--perc-update")
    path = project.caps / "session-setup-2" / "expect.json"
    changed = path.read_text().replace('"SS2-14": 40', '"SS2-14": null')
    path.write_text(changed)
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*expect.json: 1 difference",
            "  flow.SS2-14: expected nothing, seen 40",
            "  if it is right as it is now: pytest --perc-update 'caps/session-setup-2::expectations'",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_lost_key_log_is_told_first_and_few_of_its_consequences(
    pytester: pytest.Pytester,
) -> None:
    project = Project(pytester, "session-setup-2")
    project.run("--perc-update")
    (project.caps / "session-setup-2" / "secrets.keylog").unlink()
    result = project.run()
    result.assert_outcomes(failed=1, skipped=1)
    lines = result.outlines
    head = next(n for n, line in enumerate(lines) if "expect.json: " in line)
    assert lines[head + 1].startswith("  not given: the tunnel's secrets")
    told = lines[head + 2 : head + 22]
    assert all("expected" in line for line in told)
    assert lines[head + 22].startswith("  and ")
    assert int(lines[head].split()[-2]) == len(told) + int(lines[head + 22].split()[1])


def test_masks_of_the_settings(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-2")
    project.run("--perc-update")
    path = project.caps / "session-setup-2" / "expect.json"
    path.write_text(path.read_text().replace('"SS2-14": 40', '"SS2-14": 41'))
    project.run().assert_outcomes(passed=1, failed=1)
    project.settings("perc_masks = default packets")
    project.run().assert_outcomes(passed=2)


def test_a_broken_requirement(pytester: pytest.Pytester) -> None:
    project = Project(pytester)
    folder = project.add("violation-epoch-back")
    (folder / "about.toml").unlink()
    result = project.run("--perc-update")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["violation-epoch-back: requirements", "  EKT-13 (MUST, packet *"])


def test_waivers_are_respected(pytester: pytest.Pytester) -> None:
    project = Project(pytester)
    folder = project.add("violation-epoch-back")
    (folder / "about.toml").unlink()
    pytester.makefile(
        ".toml", waivers='[[waiver]]\nid = "EKT-13"\nreason = "r"\nexpires = 2999-01-01'
    )
    project.settings("perc_baseline = waivers.toml")
    project.run("--perc-update").assert_outcomes(passed=2)


def test_without_keys_conformance_is_skipped_with_its_reason(pytester: pytest.Pytester) -> None:
    result = Project(pytester, "no-keys").run("--perc-update", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*undecided, not given*"])


def test_a_file_that_cannot_be_read(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    (project.caps / "session-setup-1" / "trace.pcapng").write_bytes(b"no capture")
    result = project.run()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*trace.pcapng: not a *"])
    result.stdout.no_fnmatch_line("*Traceback*")

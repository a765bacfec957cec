# SPDX-License-Identifier: GPL-2.0-only
"""The pytest plugin in somebody else's project."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.golden.project import PLUGIN, Project

pytest_plugins = ["pytester"]


def test_a_folder_becomes_two_tests(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    project.run("--perc-update").assert_outcomes(passed=2)
    result = project.run("-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "caps/session-setup-1::expectations PASSED*",
            "caps/session-setup-1::conformance PASSED*",
        ]
    )


def test_folders_below_folders_and_what_is_no_capture(pytester: pytest.Pytester) -> None:
    project = Project(pytester)
    project.add("session-setup-1", "vendor/one")
    (project.caps / "vendor" / "notes").mkdir()
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["caps/vendor/one::expectations", "caps/vendor/one::conformance"])
    result.stdout.no_fnmatch_line("*notes*")


def test_captures_outside_testpaths_are_run_as_well(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    project.settings("testpaths = own")
    pytester.mkdir("own").joinpath("test_own.py").write_text("def test_own(): pass")
    project.run("--perc-update").assert_outcomes(passed=3)
    project.run("own").assert_outcomes(passed=1)


def test_folders_that_nobody_named_are_left_alone(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    project.pytester.makeini("[pytest]")
    project.run().assert_outcomes()
    project.run("--perc-captures", "caps", "--perc-update").assert_outcomes(passed=2)


def test_tests_of_ones_own_get_every_capture(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1", "ohb-all")
    pytester.makepyfile(
        """
        import pytest

        def test_each(perc_capture, perc_analysis, perc_report):
            assert perc_report.name == perc_capture.name
            assert perc_analysis.tunnels

        @pytest.mark.perc_capture("ohb-*")
        def test_some(perc_capture, perc_analysis):
            assert perc_capture.name == "ohb-all"
            assert any(m.opened.ohb for m in perc_analysis.media)
        """
    )
    project.run("--perc-fail-on", "never", "-k", "test_each or test_some").assert_outcomes(
        passed=3, deselected=2
    )


def test_the_summary_shows_what_an_update_changed(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-2")
    project.run("--perc-update")
    path = project.caps / "session-setup-2" / "expect.json"
    path.write_text(path.read_text().replace('"payload_types": [100]', '"payload_types": [96]', 1))
    result = project.run("--perc-update")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*expectations rewritten*", "*expect.json: rewritten", "*payload_types*: expected 96*100*"]
    )
    result = project.run("--perc-update")
    result.stdout.no_fnmatch_line("*rewritten*")


def test_it_costs_nothing_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    """What a project pays that has perc-scapy installed and no captures."""
    pytester.makepyfile("def test_one(): pass")
    pytester.makeini("[pytest]")
    script = (
        "import sys, pytest\n"
        f"code = pytest.main(['-q', '-p', 'no:cacheprovider', *{PLUGIN!r}])\n"
        "heavy = ('scapy', 'cryptography', 'OpenSSL', 'perc_scapy.capture', 'perc_scapy.conform')\n"
        "print('loaded', sorted(m for m in sys.modules if m.startswith(heavy)))\n"
        "print('mine', 'perc_scapy.golden.plugin' in sys.modules)\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=pytester.path, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert "loaded []" in done.stdout
    assert "mine True" in done.stdout


def test_workers_of_xdist_share_the_work(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    result = project.run("-n", "1", "--perc-update")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*expectations rewritten*", "*expect.json: written"])

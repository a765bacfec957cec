# SPDX-License-Identifier: GPL-2.0-only
"""Fixtures for tests that make captures themselves."""

from __future__ import annotations

import pytest

from tests.golden.project import Project

pytest_plugins = ["pytester"]


def test_open_capture(pytester: pytest.Pytester) -> None:
    project = Project(pytester, "session-setup-1")
    pytester.makepyfile(
        """
        def test_it(open_capture, tmp_path):
            import shutil
            folder = "caps/session-setup-1/"
            alone = shutil.copy(folder + "trace.pcapng", tmp_path)
            assert open_capture(folder + "trace.pcapng").tunnels, "the keys beside it are used"
            assert not open_capture(alone).tunnels
            assert open_capture(alone, folder + "secrets.keylog").tunnels
        """
    )
    project.run("test_open_capture.py").assert_outcomes(passed=1)


def test_perc_expect(pytester: pytest.Pytester) -> None:
    """A test makes a capture anew each time; what it must show is kept in a file."""
    project = Project(pytester, "session-setup-2")
    pytester.makepyfile(
        """
        def test_call(perc_expect):
            perc_expect("caps/session-setup-2/trace.pcapng", "expected/call.json")
        """
    )
    result = project.run("test_perc_expect.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no expectation*", "*--perc-update*"])
    result.stdout.no_fnmatch_line("*def settle*")
    result = project.run("test_perc_expect.py", "--perc-update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["expected/call.json: written"])
    project.run("test_perc_expect.py").assert_outcomes(passed=1)
    path = pytester.path / "expected" / "call.json"
    path.write_text(path.read_text().replace("AESKW_128", "AESKW_256"))
    result = project.run("test_perc_expect.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ekt_cipher: expected 'AESKW_256', seen 'AESKW_128'*"])

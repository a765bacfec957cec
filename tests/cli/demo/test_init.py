# SPDX-License-Identifier: GPL-2.0-only
"""Options and failures of the command; whole runs are in tests/cli/test_demo.py."""

import argparse

import pytest

from perc_scapy.cli import demo
from perc_scapy.cli.demo import processes
from perc_scapy.errors import MissingToolError


def test_defaults() -> None:
    parser = argparse.ArgumentParser()
    demo.configure(parser)
    args = parser.parse_args([])
    assert (args.participants, args.keep, args.json) == (3, None, False)


def run_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(demo, "conference", fail)
    return demo.run(argparse.Namespace(participants=2, keep=None, json=False))


def test_a_child_that_fails_is_one_line_and_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(processes.ChildFailed("no tunnel within 20 s"), monkeypatch) == 1
    assert "perc demo: no tunnel within 20 s" in capsys.readouterr().err


def test_what_the_machine_lacks_is_left_to_the_dispatcher(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingToolError):
        run_with(MissingToolError("port in use"), monkeypatch)

# SPDX-License-Identifier: GPL-2.0-only
"""What the process commands have in common, with a shell that does nothing."""

from __future__ import annotations

import argparse
import json
import stat

import pytest

from perc_scapy.cli.process import run_process
from perc_scapy.errors import ConfigError


class Idle:
    def __init__(self, reporter, keylog, tap) -> None:
        self.reporter, self.keylog, self.tap = reporter, keylog, tap

    def start(self, driver, now):
        self.driver = driver
        self.reporter.event("ready", listen=[])
        if self.keylog is not None:
            self.keylog("CLIENT_RANDOM 00 11")
        if self.tap is not None:
            self.tap.datagram(1.0, ("127.0.0.1", 1), ("127.0.0.1", 2), b"x")

    def step(self, now):
        self.driver.stop(5)

    def finish(self, now):
        self.reporter.event("end")


def options(**given):
    return argparse.Namespace(**{"json": True, "keylog": None, "capture": None, **given})


def test_the_code_of_the_shell_is_returned_and_events_are_json(capsys):
    assert run_process(options(), "kmf", Idle) == 5
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["schema"], first["event"], first["role"]) == (1, "ready", "kmf")
    assert last["event"] == "end"


def test_without_json_it_is_for_people(capsys):
    run_process(options(json=False), "kmf", Idle)
    assert capsys.readouterr().out.splitlines()[0].endswith(" kmf ready listen=[]")


def test_files_are_private_and_closed(tmp_path, capsys):
    keylog, capture = tmp_path / "k", tmp_path / "c.pcapng"
    run_process(options(keylog=keylog, capture=capture), "mdd", Idle)
    assert keylog.read_text() == "CLIENT_RANDOM 00 11\n"
    assert capture.stat().st_size > 100
    for path in (keylog, capture):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("option", ["keylog", "capture"])
def test_a_file_that_cannot_be_written_ends_it_before_it_starts(tmp_path, capsys, option):
    with pytest.raises(ConfigError, match="cannot write"):
        run_process(options(**{option: tmp_path / "no" / "file"}), "mdd", Idle)
    assert capsys.readouterr().out == ""

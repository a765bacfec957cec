# SPDX-License-Identifier: GPL-2.0-only
"""Captures and the keys beside them, found on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perc_scapy.conform.cases import Case, find_cases
from perc_scapy.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one/trace.pcapng", "one/secrets.keylog", "one/keys.toml", "one/README.md",
                 "deep/two/trace.pcap.gz", "calls/b.pcap", "calls/a.PCAPNG", "calls/a.keylog"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def test_a_folder_gives_all_below_it(folder: Path) -> None:
    cases = find_cases([folder])
    assert [case.name for case in cases] == ["calls/a.PCAPNG", "calls/b.pcap", "deep/two", "one"]
    assert [[key.name for key in case.keys] for case in cases] == [
        ["a.keylog"], ["a.keylog"], [], ["keys.toml", "secrets.keylog"],
    ]  # fmt: skip


def test_a_golden_folder_or_its_trace_is_called_by_the_folder(folder: Path) -> None:
    for path in (folder / "one", folder / "one" / "trace.pcapng"):
        (case,) = find_cases([path])
        assert case.name == "one"
        assert case.expectation == folder / "one" / "expect.json"


def test_a_file_of_its_own_keeps_its_name(folder: Path) -> None:
    (case,) = find_cases([folder / "calls" / "b.pcap"])
    assert case.name == "b.pcap"


def test_what_is_named_twice_is_one_case(folder: Path) -> None:
    assert len(find_cases([folder / "one", folder / "one" / "trace.pcapng"])) == 1


def test_standard_input() -> None:
    (case,) = find_cases([Path("-")])
    assert (case.name, case.keys) == ("standard input", ())


def test_a_pipe_has_nothing_beside_it(folder: Path) -> None:
    pipe = folder / "one" / "pipe"
    os.mkfifo(pipe)
    assert find_cases([pipe]) == [Case(str(pipe), pipe, ())]


def test_nothing_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        find_cases([folder / "gone.pcap"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no capture in it"):
        find_cases([tmp_path / "empty"])

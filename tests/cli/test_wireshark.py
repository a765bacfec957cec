# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import json
from pathlib import Path

import pytest

from perc_scapy.cli import ExitCode, main
from perc_scapy.wireshark.generate import SCRIPT


def test_install_says_where_and_what_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wireshark", "install", "--dir", str(tmp_path)]) == ExitCode.OK
    told = capsys.readouterr().out
    assert told.splitlines()[0] == f"{tmp_path / 'perc.lua'}: installed"
    assert "Reload Lua Plugins" in told
    assert (tmp_path / "perc.lua").is_file()
    assert main(["wireshark", "install", "--dir", str(tmp_path)]) == ExitCode.OK
    assert ": unchanged" in capsys.readouterr().out


def test_uninstall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["wireshark", "install", "--dir", str(tmp_path)])
    capsys.readouterr()
    assert (
        main(["wireshark", "install", "--uninstall", "--dir", str(tmp_path), "--json"])
        == ExitCode.OK
    )
    told = json.loads(capsys.readouterr().out)
    assert told == {"schema": 1, "path": str(tmp_path / "perc.lua"), "outcome": "removed"}
    assert list(tmp_path.iterdir()) == []


def test_path_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wireshark", "path"]) == ExitCode.OK
    assert capsys.readouterr().out == f"{SCRIPT}\n"
    assert main(["wireshark", "show"]) == ExitCode.OK
    assert capsys.readouterr().out == SCRIPT.read_text()


@pytest.mark.parametrize(
    "arguments", [[], ["paths"], ["path", "--uninstall"], ["show", "--dir", "x"]], ids=" ".join
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wireshark", *arguments]) == ExitCode.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_foreign_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "perc.lua").write_text("something else")
    assert main(["wireshark", "install", "--dir", str(tmp_path)]) == ExitCode.USAGE
    assert "not written by perc-scapy" in capsys.readouterr().err

# SPDX-License-Identifier: GPL-2.0-only
"""`perc check --expect`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from perc_scapy.cli import main
from tests.golden.samples import CAPTURES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("session-setup-1", "violation-ekt-altered"):
        shutil.copytree(CAPTURES / name, tmp_path / name)
    return tmp_path


def test_all_as_expected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A capture that breaks something is as expected when that was expected."""
    assert main(["check", str(folder), "--expect"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "session-setup-1: as expected",
        "violation-ekt-altered: as expected",
        "2 captures, all as expected",
    ]


def test_a_difference(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "session-setup-1" / "expect.json"
    path.write_text(path.read_text().replace('"SS1-16": 22', '"SS1-16": null'))
    assert main(["check", str(folder), "--expect"]) == 1
    out = capsys.readouterr().out
    assert "flow.SS1-16: expected nothing, seen 22" in out
    assert "2 captures, 1 not as expected" in out
    assert main(["check", str(folder), "--expect", "--mask", "default", "--mask", "flow"]) == 0
    assert main(["check", str(folder), "--expect", "--update"]) == 0
    assert "rewritten" in capsys.readouterr().out
    kept = CAPTURES / "session-setup-1" / "expect.json"
    assert path.read_bytes() == kept.read_bytes()


def test_a_missing_expectation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "session-setup-1" / "expect.json").unlink()
    assert main(["check", str(folder), "--expect"]) == 1
    assert "there is no expectation" in capsys.readouterr().out


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "violation-ekt-altered" / "expect.json"
    path.write_text(path.read_text().replace('"payload_types": [100]', '"payload_types": [0]'))
    assert main(["check", str(folder), "--expect", "--format", "json"]) == 1
    one, two = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["schema"], one["ok"]) == (1, True)
    assert two["capture"] == "violation-ekt-altered"
    assert {"path", "expected", "seen", "packet"} == two["differences"][0].keys()


def test_keys_from_elsewhere_and_into_a_file(folder: Path, tmp_path: Path) -> None:
    keys = (folder / "session-setup-1" / "secrets.keylog").rename(tmp_path / "elsewhere")
    report, one = tmp_path / "report.txt", str(folder / "session-setup-1")
    assert main(["check", one, "--expect", "-o", str(report)]) == 1
    assert main(["check", one, "--expect", "-k", str(keys), "-o", str(report)]) == 0
    assert "as expected" in report.read_text()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--update"], "needs --expect"),
        (["--expect", "--format", "sarif"], "text or json"),
    ],
)
def test_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert main(["check", str(folder), *arguments]) == 2
    assert text in capsys.readouterr().err


def test_standard_input_has_no_expectation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-", "--expect"]) == 2
    assert "needs a file" in capsys.readouterr().err

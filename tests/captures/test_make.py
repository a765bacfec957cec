# SPDX-License-Identifier: GPL-2.0-only
"""`python captures/make.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from captures import make
from captures.builders import RECIPES
from tests.golden.samples import CAPTURES


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(make, "CAPTURES", tmp_path)
    return tmp_path


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(RECIPES)


def test_an_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["nothing"]) == 2
    assert "no such capture: nothing" in capsys.readouterr().err


def test_made_and_checked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["ohb-all", "--check"]) == 1
    assert make.main(["ohb-all"]) == 0
    assert make.main(["ohb-all", "--check"]) == 0
    kept = (CAPTURES / "ohb-all" / "trace.pcapng").read_bytes()
    assert (place / "ohb-all" / "trace.pcapng").read_bytes() == kept
    (place / "ohb-all" / "secrets.keylog").write_bytes(b"")
    capsys.readouterr()
    assert make.main(["ohb-all", "--check"]) == 1
    assert "ohb-all/secrets.keylog: differs" in capsys.readouterr().out


def test_recorded_ones_are_left_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["webrtc-dtls13"]) == 0
    assert list(place.iterdir()) == []
    assert "1 recorded captures left as they are" in capsys.readouterr().err


def test_it_runs_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, str(CAPTURES / "make.py"), "session-setup-1", "--check"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0

# SPDX-License-Identifier: GPL-2.0-only
"""`perc diff`: what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perc_scapy import cli
from tests.explain.forge import CAPTURES


def arguments(a: str, b: str, *more: str) -> list[str]:
    keys = [f"-k{CAPTURES / name / 'secrets.keylog'}" for name in (a, b)]
    return [
        "diff",
        str(CAPTURES / a / "trace.pcapng"),
        str(CAPTURES / b / "trace.pcapng"),
        *keys,
        *more,
    ]


def test_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments("session-setup-2", "session-setup-2")) == 0
    assert "no difference" in capsys.readouterr().out


def test_they_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments("new-user-joins", "new-user-joins-aes256")) == 1
    out = capsys.readouterr().out
    assert "From the first on:\n\nA: handshake: A: client_hello (A packet" in out
    assert "    body.extensions[use_srtp].body.profiles[0]\n        A 9 (" in out
    assert "AES_128" in out
    assert "\n        B 10 (" in out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments("ohb-all", "ohb-marker", "--json")) == 1
    first, *partings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first["schema"] == 1
    assert first["equal"] is False
    assert partings[0]["fields"]
    assert set(partings[0]["fields"][0]) == {"path", "a", "b"}


def test_an_unknown_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments("ohb-all", "ohb-marker", "--show", "colours")) == 2
    assert "no such group" in capsys.readouterr().err


def test_a_damaged_capture_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Equal up to the damage is no proof of being equal."""
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes((CAPTURES / "session-setup-2" / "trace.pcapng").read_bytes()[:9000])
    assert cli.main(["diff", str(cut), str(cut)]) == 1
    printed = capsys.readouterr()
    assert "no difference" in printed.out
    assert printed.err.count(f"perc diff: {cut}: damaged after packet ") == 2

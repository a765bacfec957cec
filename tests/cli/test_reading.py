# SPDX-License-Identifier: GPL-2.0-only
"""Captures read to their end, and what is said of damaged ones."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from perc_scapy.cli import ExitCode
from perc_scapy.cli.reading import read_whole, tell_damage
from tests.explain.forge import CAPTURES

FOLDER = CAPTURES / "session-setup-2"
ARGUMENTS = Namespace(keys=[FOLDER / "secrets.keylog"])


def test_a_whole_capture_with_its_keys() -> None:
    whole = read_whole(FOLDER / "trace.pcapng", ARGUMENTS)
    assert whole.damage is None
    assert whole.packets > 60
    assert whole.analysis.tunnels[0].messages
    assert any(m.opened.plain is not None for m in whole.analysis.media)


def test_a_forced_tunnel_version() -> None:
    whole = read_whole(FOLDER / "trace.pcapng", ARGUMENTS, tunnel="draft00")
    assert whole.analysis.tunnels[0].version == "draft00"


def test_a_damaged_capture_is_read_up_to_the_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut\n.pcapng"
    cut.write_bytes((FOLDER / "trace.pcapng").read_bytes()[:9000])
    whole = read_whole(cut, ARGUMENTS)
    assert 0 < whole.packets < 60
    assert tell_damage("diff", cut, whole.packets, whole.damage) == ExitCode.FINDING
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"perc diff: {tmp_path}/cut\\n.pcapng: damaged after packet ")


def test_nothing_is_said_of_a_sound_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_damage("diff", "trace.pcapng", 3, None) == ExitCode.OK
    assert capsys.readouterr().err == ""

# SPDX-License-Identifier: GPL-2.0-only
"""A bar for people, lines for logs."""

from __future__ import annotations

import io

import pytest

from perc_scapy.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_where_nobody_looks() -> None:
    stream = io.StringIO()
    with Progress(2, stream) as progress:
        progress.step("a", "5 packets")
        progress.step("b\x1b[2J", "failed", ok=False)
    assert stream.getvalue() == "1/2 a: 5 packets\n2/2 b\\x1b[2J: failed\n"


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    with Progress(2, stream) as progress:
        progress.step("good", "5 packets")
        progress.step("bad" * 40, "failed", ok=False)
    text = stream.getvalue()
    assert "[############............] 1/2 good" in text
    assert "5 packets" not in text
    assert f"{'bad' * 40}: failed\n" in text
    assert text.endswith("\r\x1b[K")
    assert max(len(line) for line in text.split("\r\x1b[K") if line.startswith("[")) < 60


def test_no_bar_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    Progress(1, stream).step("a", "x")
    assert stream.getvalue() == "1/1 a: x\n"

# SPDX-License-Identifier: GPL-2.0-only
"""Somebody else's project, with captures in it."""

from __future__ import annotations

import shutil
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.golden.samples import CAPTURES

INSTALLED = any(point.name == "perc" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "perc_scapy.golden.plugin")
"""Before it is installed with its entry point, the plugin has to be named."""


class Project:
    """A pytester folder with `caps/` in its settings."""

    def __init__(self, pytester: pytest.Pytester, *captures: str) -> None:
        self.pytester = pytester
        self.caps = Path(pytester.path) / "caps"
        self.caps.mkdir()
        for name in captures:
            self.add(name)
        self.settings()

    def settings(self, *lines: str) -> None:
        self.pytester.makeini("\n".join(("[pytest]", "perc_captures = caps", *lines)))

    def add(self, name: str, to: str = "") -> Path:
        place = self.caps / (to or name)
        shutil.copytree(CAPTURES / name, place, ignore=lambda *_: {"expect.json"})
        return place

    def run(self, *arguments: str) -> pytest.RunResult:
        quiet = ("-p", "no:cacheprovider", "-p", "no:randomly")
        return self.pytester.runpytest_inprocess(*PLUGIN, *quiet, *arguments)

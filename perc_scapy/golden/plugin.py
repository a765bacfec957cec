# SPDX-License-Identifier: GPL-2.0-only
"""pytest: put a folder with a capture in, get tests. Settings, fixtures and masks: docs/golden.md.

Nothing of Scapy, cryptography or the rest of this package is imported before a capture is opened: a project that has
perc-scapy installed and uses none of this pays for nothing.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from perc_scapy.golden import settings
from perc_scapy.golden.fixtures import (
    _perc_opened,
    open_capture,
    perc_analysis,
    perc_expect,
    perc_report,
)
from perc_scapy.golden.items import UPDATED, CaptureFolder

__all__ = ["_perc_opened", "open_capture", "perc_analysis", "perc_expect", "perc_report"]


def pytest_addoption(parser: pytest.Parser) -> None:
    settings.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "perc_capture(*patterns): run with captures of these names only"
    )
    if not settings.paths_were_given(config):
        config.args.extend(settings.not_visited(config))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A folder with a capture below `perc_captures` (pytest 8 and later)."""
    here = path.resolve()
    inside = any(root == here or root in here.parents for root in settings.roots(parent.config))
    if inside and settings.traces(here):
        return CaptureFolder.from_parent(parent, path=path)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `perc_capture` runs once for each capture."""
    if "perc_capture" not in metafunc.fixturenames:
        return
    from perc_scapy.conform.cases import case_of

    wanted = [p for mark in metafunc.definition.iter_markers("perc_capture") for p in mark.args]
    cases = [
        case_of(trace, root)
        for root in settings.roots(metafunc.config)
        for trace in settings.traces(root, "**/trace.*cap*")
    ]
    chosen = [c for c in cases if not wanted or any(fnmatchcase(c.name, p) for p in wanted)]
    metafunc.parametrize("perc_capture", chosen, ids=[c.name for c in chosen])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What `--perc-update` changed."""
    texts = [
        text
        for report in terminalreporter.getreports("passed")
        for name, text in getattr(report, "user_properties", ())
        if name == UPDATED
    ]
    if texts:
        terminalreporter.section("perc: expectations rewritten")
        for text in texts:
            terminalreporter.line(text)

# SPDX-License-Identifier: GPL-2.0-only
"""Fixtures for tests of one's own about captures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from perc_scapy.golden import settings
from perc_scapy.golden.items import settle

if TYPE_CHECKING:
    from perc_scapy.capture.analysis import Analysis
    from perc_scapy.conform import Report
    from perc_scapy.conform.cases import Case
    from perc_scapy.golden.folder import Opened

KEPT = 16
"""Opened captures that tests share."""


@pytest.fixture(scope="session")
def _perc_opened() -> Callable[[Case], Opened]:
    from functools import lru_cache

    from perc_scapy.golden.folder import open_case

    return lru_cache(maxsize=KEPT)(open_case)


@pytest.fixture
def perc_analysis(perc_capture: Case, _perc_opened: Callable[[Case], Opened]) -> Analysis:
    """`Analysis` of each capture in turn."""
    return _perc_opened(perc_capture).analysis


@pytest.fixture
def perc_report(perc_capture: Case, _perc_opened: Callable[[Case], Opened]) -> Report:
    """What conformance says of each capture in turn."""
    return _perc_opened(perc_capture).report


@pytest.fixture(scope="session")
def open_capture() -> Callable[..., Analysis]:
    """`open_capture(path, *keys)`: the `Analysis` of any capture file."""

    def opener(path: str | Path, *keys: str | Path) -> Analysis:
        from perc_scapy.golden.folder import open_file

        return open_file(path, keys).analysis

    return opener


@pytest.fixture
def perc_expect(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`perc_expect(capture, expectation, *keys)`: a capture that this test has just made shows what the file says."""

    def expect(path: str | Path, expectation: str | Path, *keys: str | Path) -> None:
        __tracebackhide__ = True
        from perc_scapy.golden.folder import check, open_file

        seen = open_file(path, keys).describe()
        update = request.config.getoption("perc_update")
        masks = settings.masks(request.config)
        settle(check(Path(expectation), seen, masks=masks, update=update), request.node)

    return expect

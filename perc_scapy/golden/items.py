# SPDX-License-Identifier: GPL-2.0-only
"""Tests that a folder with a capture is: `expectations` and `conformance`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from perc_scapy.golden import settings

if TYPE_CHECKING:
    from perc_scapy.golden.folder import Opened, Outcome

    Directory = pytest.Directory
else:
    # Before pytest 8 there is none, and nothing to collect; importing this must not fail there.
    Directory = getattr(pytest, "Directory", pytest.Collector)

UPDATED = "perc_updated"
"""Name under which a test reports what it rewrote."""
MOST = 20
"""Differences that a failure lists."""


class CaptureFailed(AssertionError):
    """Its text is all that people need."""


class CaptureFolder(Directory):
    """A folder with a capture; its tests share one reading of it."""

    _opened: Opened | None = None

    def collect(self) -> Iterable[pytest.Item]:
        yield ExpectationItem.from_parent(self, name="expectations")
        if settings.fail_on(self.config) != "never":
            yield ConformanceItem.from_parent(self, name="conformance")

    def opened(self) -> Opened:
        """Read, analysed and judged; once for all tests of it."""
        if self._opened is None:
            from perc_scapy.conform.cases import case_of
            from perc_scapy.golden.folder import open_case

            (trace,) = settings.traces(self.path.resolve())
            above = [root for root in settings.roots(self.config) if root in trace.parents]
            self._opened = open_case(case_of(trace, above[0]))
        return self._opened

    def teardown(self) -> None:
        """The next folder needs the memory."""
        self._opened = None


class CaptureItem(pytest.Item):
    """One statement about a capture."""

    @property
    def folder(self) -> CaptureFolder:
        assert isinstance(self.parent, CaptureFolder)
        return self.parent

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What differs, without a traceback of this plugin."""
        from perc_scapy.errors import ConfigError

        if isinstance(excinfo.value, CaptureFailed | ConfigError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}::{self.name}"


class ExpectationItem(CaptureItem):
    """The capture shows what `expect.json` says."""

    def runtest(self) -> None:
        from perc_scapy.golden.folder import check_case

        update = self.config.getoption("perc_update")
        masks = settings.masks(self.config)
        settle(check_case(self.folder.opened(), masks=masks, update=update), self)


class ConformanceItem(CaptureItem):
    """Nothing is broken but what is waived, and what `about.toml` says is broken."""

    def runtest(self) -> None:
        from perc_scapy.golden.verdict import faults, judged_nothing

        opened = self.folder.opened()
        reason = judged_nothing(opened)
        if reason:
            pytest.skip(reason)
        level, waivers = settings.fail_on(self.config), settings.baseline(self.config)
        found = faults(opened, level, waivers)
        if found:
            raise CaptureFailed("\n".join([f"{self.path.name}: requirements", *found]))


def settle(outcome: Outcome, item: pytest.Item) -> None:
    """Fail, or report what was rewritten."""
    __tracebackhide__ = True
    if not outcome.ok:
        how = f"  if it is right as it is now: pytest --perc-update {item.nodeid!r}"
        raise CaptureFailed("\n".join([*outcome.lines(MOST), how]))
    if outcome.written:
        item.user_properties.append((UPDATED, "\n".join(outcome.lines())))

# SPDX-License-Identifier: GPL-2.0-only
"""What a project's pytest settings say of its captures. Imports nothing but pytest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

LEVELS = ("must", "should", "never")


def add_options(parser: pytest.Parser) -> None:
    """Command line and ini."""
    group = parser.getgroup("perc", "captures as regression tests (perc-scapy)")
    group.addoption("--perc-update", action="store_true",
                    help="rewrite expectations that differ, and show what changed")  # fmt: skip
    group.addoption("--perc-captures", action="append", default=[], metavar="PATH",
                    help="folders of captures, in the place of perc_captures")  # fmt: skip
    group.addoption("--perc-fail-on", choices=LEVELS,
                    help="the level from which on a broken requirement fails a test")  # fmt: skip
    group.addoption("--perc-baseline", metavar="FILE.toml", help="waivers with reason and expiry")
    parser.addini("perc_captures", "folders of captures", type="paths", default=[])
    parser.addini("perc_masks", "masks of expectations", type="args", default=["default"])
    parser.addini("perc_fail_on", "must (default), should, never", default="must")
    parser.addini("perc_baseline", "file of waivers", default="")


def paths_were_given(config: pytest.Config) -> bool:
    """Whether this run is of certain files and folders only."""
    source = getattr(config, "args_source", None)  # since pytest 7.2
    return source is None or source is pytest.Config.ArgsSource.ARGS


def not_visited(config: pytest.Config) -> Iterator[str]:
    """Folders of captures that no argument leads to."""
    given = [Path(config.invocation_params.dir, arg).resolve() for arg in config.args]
    for root in roots(config):
        if not any(root == place or place in root.parents for place in given):
            yield str(root)


def roots(config: pytest.Config) -> list[Path]:
    """Folders below which captures are tests."""
    given = config.getoption("perc_captures")
    if given:
        return [Path(config.invocation_params.dir, path).resolve() for path in given]
    return [Path(path).resolve() for path in config.getini("perc_captures")]


def traces(folder: Path, pattern: str = "trace.*cap*") -> list[Path]:
    """Captures that make a folder a test: `trace.pcap`, `trace.pcapng`, `trace.pcapng.gz` …; one each folder."""
    found = {path.parent: path for path in sorted(folder.glob(pattern), reverse=True)}
    return sorted(path for path in found.values() if path.is_file())


def masks(config: pytest.Config) -> list[str]:
    """Names of groups, and patterns."""
    return list(config.getini("perc_masks"))


def fail_on(config: pytest.Config) -> str:
    """One of `LEVELS`."""
    wanted = str(config.getoption("perc_fail_on") or config.getini("perc_fail_on"))
    if wanted not in LEVELS:
        raise pytest.UsageError(f"perc_fail_on: {', '.join(LEVELS)}; not {wanted!r}")
    return wanted


def baseline(config: pytest.Config) -> Path | None:
    """The file of waivers."""
    given = config.getoption("perc_baseline")
    if given:
        return Path(config.invocation_params.dir, given)
    configured = config.getini("perc_baseline")
    return config.rootpath / configured if configured else None

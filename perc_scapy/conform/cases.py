# SPDX-License-Identifier: GPL-2.0-only
"""Captures to judge, found on disk with the keys that lie beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from perc_scapy.errors import ConfigError

TRACE = "trace"
"""Stem of the capture in a folder that stands for it: NAME/trace.pcapng."""
ENDINGS = (".pcap", ".pcapng", ".cap")
KEYS = ("*.keylog", "keys.toml")
EXPECTATION = "expect.json"
STDIN = "-"


class Case(NamedTuple):
    """One capture."""

    name: str
    """Of the folder for NAME/trace.pcapng, else of the file; below what was asked for."""
    trace: Path
    keys: tuple[Path, ...]
    """Key files beside it."""

    @property
    def expectation(self) -> Path:
        """Where its expectation is kept, if there is one."""
        return self.trace.parent / EXPECTATION


def find_cases(paths: Iterable[Path]) -> list[Case]:
    """The captures among files and below folders, sorted by name. Raises `ConfigError` for a path without any."""
    found: dict[Path, Case] = {}
    for path in paths:
        cases = list(_below(path)) if path.is_dir() else [case_of(path, path.parent)]
        if not cases:
            raise ConfigError(f"{path}: no capture in it ({', '.join(ENDINGS)})")
        for case in cases:
            found.setdefault(case.trace, case)
    return list(found.values())


def _below(folder: Path) -> Iterator[Case]:
    files = (path for path in folder.rglob("*") if path.is_file() and is_capture(path))
    for path in sorted(files, key=lambda p: p.relative_to(folder).parts):
        yield case_of(path, folder)


def is_capture(path: Path) -> bool:
    """By its name, compressed or not."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(ENDINGS)


def case_of(trace: Path, root: Path) -> Case:
    """The case of one file or pipe; a file's name is told from `root` on. Raises `ConfigError` when there is none."""
    if str(trace) == STDIN:
        return Case("standard input", trace, ())
    if not trace.exists():
        raise ConfigError(f"{trace}: no such file")
    if not trace.is_file():  # a pipe, as <(…) is, or a device: there is nothing beside it
        return Case(str(trace), trace, ())
    own = trace.name.split(".")[0] == TRACE
    if own and trace.parent == root:
        name = trace.resolve().parent.name
    else:
        name = (trace.parent if own else trace).relative_to(root).as_posix()
    keys = {path for pattern in KEYS for path in trace.parent.glob(pattern)}
    return Case(name, trace, tuple(sorted(keys)))

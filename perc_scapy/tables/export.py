# SPDX-License-Identifier: GPL-2.0-only
"""Many captures to a folder of tables: what there is to do, doing it, and remembering what was done."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from perc_scapy.capture.keyring import Keyring
from perc_scapy.conform.cases import STDIN, find_cases
from perc_scapy.errors import ConfigError
from perc_scapy.tables.engines import Engine
from perc_scapy.tables.jobs import Job, Report
from perc_scapy.tables.manifest import Manifest
from perc_scapy.tables.parquet import ENDING, PART
from perc_scapy.tables.schema import TABLES

LOCK = ".lock"
SAVE_EVERY = 20
"""Captures after which the manifest is written; it is written at the end, too, and when a run is interrupted."""


class Step(NamedTuple):
    """One capture dealt with."""

    job: Job
    report: Report | None
    """None: done before."""
    number: int
    """How many were dealt with, this one included."""
    total: int


def plan(
    captures: Sequence[Path],
    folder: Path,
    keys: Iterable[Path] = (),
    tables: Iterable[str] = tuple(TABLES),
) -> list[Job]:
    """A job for each capture among files and below folders; key files beside a capture serve it, too.

    Raises `ConfigError` for a path without captures, for standard input, and for a file in `keys` that gives no keys:
    that is a mistake in the command, which every capture would suffer from.
    """
    if any(str(path) == STDIN for path in captures):
        raise ConfigError("standard input has no name for its tables; give a file")
    given = _readable(keys)
    chosen = tuple(name for name in TABLES if name in set(tables) | {"errors"})
    jobs: dict[str, Job] = {}
    for case in find_cases(captures):
        if not case.trace.is_file():
            raise ConfigError(
                f"{case.trace}: no regular file; an export reads a capture more than once"
            )
        name = _unused(case.name, jobs)
        beside = dict.fromkeys(str(path.resolve()) for path in case.keys)
        found = tuple(path for path in beside if path not in given)
        trace, out = str(case.trace.resolve()), str(folder.resolve())
        jobs[name] = Job(name, trace, tuple(given), out, chosen, found)
    return list(jobs.values())


def _readable(keys: Iterable[Path]) -> list[str]:
    """The paths of key files, each of which was read once."""
    given = list(keys)
    for path in given:
        try:
            Keyring.of([path])
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
    return [str(path.resolve()) for path in given]


def _unused(name: str, taken: Iterable[str]) -> str:
    """Captures of several folders may have one name."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}~{number}"
    return candidate


def export(
    jobs: Sequence[Job], folder: Path, engine: Engine, *, resume: bool = True
) -> Iterator[Step]:
    """Do what is not done yet. With `resume`, captures that did not change since they were exported are left alone.

    Raises `ConfigError` when the folder cannot be written or another export is at work there.
    """
    with _locked(folder):
        manifest = Manifest(folder)
        remove_parts(folder)
        done = [job for job in jobs if resume and manifest.is_done(job)]
        number = 0
        for number, job in enumerate(done, 1):
            yield Step(job, None, number, len(jobs))
        names = {job.name for job in done}
        try:
            for job, report in engine.run([job for job in jobs if job.name not in names]):
                manifest.note(job, report)
                number += 1
                if number % SAVE_EVERY == 0:
                    manifest.save()
                yield Step(job, report, number, len(jobs))
        finally:
            manifest.save()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot write to {folder}: {error.strerror}") from None
    try:
        _take(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigError(f"{folder}: another export is writing there") from None


def remove_parts(folder: Path) -> None:
    """What a killed process left behind. Raises `OSError`."""
    for table in TABLES:
        for part in (folder / table).rglob(f".*{ENDING}{PART}"):
            part.unlink(missing_ok=True)

# SPDX-License-Identifier: GPL-2.0-only
"""A capture on disk as a regression test sees it: opened with the keys beside it, judged, described, compared.

A folder may hold `about.toml` with `violates` (ids that must fail in it) and `masks` (besides those asked for).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.keyring import Keyring
from perc_scapy.conform import Report, judge
from perc_scapy.conform.cases import Case, case_of
from perc_scapy.errors import ConfigError
from perc_scapy.golden.document import load, save
from perc_scapy.golden.expectation import Difference, compare, describe
from perc_scapy.golden.masks import DEFAULT, Masks
from perc_scapy.pcap.reader import open_capture

ABOUT = "about.toml"


@dataclass(frozen=True, slots=True)
class About:
    """What the owner of a capture says of it."""

    violates: tuple[str, ...] = ()
    """Requirement ids that must fail."""
    masks: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: Path) -> About:
        """From `about.toml`, if there is one. Raises `ConfigError`."""
        path = folder / ABOUT
        try:
            values = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
            return cls(_words(values, "violates"), _words(values, "masks"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from None
        except TypeError as error:
            raise ConfigError(f"{path}: {error} must be a list of texts") from None


def _words(values: dict[str, Any], name: str) -> tuple[str, ...]:
    found = values.get(name, [])
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise TypeError(name)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Opened:
    """An analysed and judged capture."""

    case: Case
    analysis: Analysis
    report: Report
    damage: str | None
    """Why the file could be read no further."""

    def describe(self) -> dict[str, Any]:
        """What `expect.json` holds."""
        return {**describe(self.analysis, self.report), "damage": self.damage}


def open_case(case: Case, keys: Iterable[str | Path] = ()) -> Opened:
    """With the keys beside the capture, those inside it, and `keys`. Raises `ConfigError` for files that cannot be
    read."""
    ring = Keyring.of(keys)
    for path in case.keys:
        ring.add_text(_read(path), str(path))
    with open_capture(case.trace) as capture:
        analysis = analyse(capture, ring)
    return Opened(case, analysis, judge(analysis, case.name), capture.damage)


def open_file(path: str | Path, keys: Iterable[str | Path] = ()) -> Opened:
    """Any capture file. Raises `ConfigError`."""
    return open_case(case_of(Path(path), Path(path).parent), keys)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comparing with an expectation gave."""

    path: Path
    differences: tuple[Difference, ...]
    written: bool = False
    """The expectation is new, or was rewritten."""
    missing: bool = False
    """There was none."""
    missing_keys: tuple[str, ...] = ()
    """Where nothing protected could be opened: the secrets that were not there, in words."""

    @property
    def ok(self) -> bool:
        """Nothing differs, or the expectation has just been made to fit."""
        return self.written or not (self.differences or self.missing)

    def lines(self, most: int | None = None) -> list[str]:
        """For people: the reason first, if there is one, and not more than `most` differences."""
        if self.missing and not self.written:
            return [
                f"{self.path}: there is no expectation; write it with --update (in pytest: --perc-update)"
            ]
        verb = "rewritten" if self.written and not self.missing else "written"
        head = f"{self.path}: " + (verb if self.written else _counted(len(self.differences)))
        reason = f"  not given: {'; '.join(self.missing_keys)}; what they open is not seen"
        shown = [f"  {difference}" for difference in self.differences[:most]]
        more = len(self.differences) - len(shown)
        return [
            head,
            *([reason] if self.missing_keys and self.differences else []),
            *shown,
            *([f"  and {more} more"] if more else []),
        ]


def _counted(differences: int) -> str:
    return f"{differences} difference{'' if differences == 1 else 's'}"


def check(
    path: Path,
    seen: dict[str, Any],
    *,
    masks: Iterable[str] = DEFAULT,
    update: bool = False,
) -> Outcome:
    """Compare with the expectation at `path`; `update` rewrites it when something differs. Raises `ConfigError`."""
    if not path.exists():
        if update:
            save(path, seen)
        return Outcome(path, (), written=update, missing=True)
    try:
        found = tuple(compare(load(path), seen, Masks(masks)))
    except ConfigError:
        if not update:
            raise
        save(path, seen)  # what stood there was no expectation of this version
        return Outcome(path, (), written=True)
    if found and update:
        save(path, seen)
    return Outcome(path, found, written=bool(found) and update)


def check_case(opened: Opened, *, masks: Iterable[str] = DEFAULT, update: bool = False) -> Outcome:
    """Compare an opened capture with the `expect.json` beside it, masks of its `about.toml` included."""
    own = About.of(opened.case.trace.parent).masks
    found = check(opened.case.expectation, opened.describe(), masks=(*masks, *own), update=update)
    lost = opened.report.missing if opened.report.undecidable else ()
    return replace(found, missing_keys=lost)

# SPDX-License-Identifier: GPL-2.0-only
"""Baselines: failures that are known, with a reason and a day on which that ends.

[[waiver]]
id = "EKT-15"                  # a requirement id, or a pattern: "EKT-*"
capture = "vendor-x/*"         # name of the capture, or a pattern; "*" when left out
reason = "vendor X announces keys every 2 s, ticket 4711"
expires = 2027-06-30
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from perc_scapy.conform.model import FAIL, Report, Result
from perc_scapy.errors import ConfigError

_FIELDS = {"id", "capture", "reason", "expires"}


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of a baseline."""

    id: str
    reason: str
    expires: date
    capture: str = "*"

    def covers(self, result: Result) -> bool:
        """Whether it speaks of this failure."""
        named = fnmatchcase(result.id, self.id) and fnmatchcase(result.capture, self.capture)
        return named and result.result == FAIL

    def __str__(self) -> str:
        return f"{self.id} in {self.capture}, until {self.expires}: {self.reason}"

    def to_toml(self) -> str:
        """As an entry of a baseline."""
        fields = {"id": self.id, "capture": self.capture, "reason": self.reason}
        lines = [f"{name} = {_quoted(value)}" for name, value in fields.items()]
        return "\n".join(["[[waiver]]", *lines, f"expires = {self.expires.isoformat()}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def read_waivers(text: str, name: str = "baseline") -> list[Waiver]:
    """The waivers of a baseline file. Raises `ConfigError` that names the entry."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: {error}") from None
    unknown = set(table) - {"waiver"}
    if unknown:
        raise ConfigError(f"{name}: unknown key {sorted(unknown)[0]!r}; entries are [[waiver]]")
    entries = table.get("waiver", [])
    if not isinstance(entries, list):
        raise ConfigError(f"{name}: entries are [[waiver]], with two brackets")
    return [_waiver(entry, f"{name}: waiver {n}") for n, entry in enumerate(entries, 1)]


def _waiver(entry: object, where: str) -> Waiver:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: not a table")
    unknown = set(entry) - _FIELDS
    if unknown:
        raise ConfigError(f"{where}: unknown key {sorted(unknown)[0]!r}")
    for key in ("id", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise ConfigError(f"{where}: {key} is missing")
    expires, capture = entry.get("expires"), entry.get("capture", "*")
    if type(expires) is not date:
        raise ConfigError(f"{where}: expires is a day, as 2027-06-30 without quotes")
    if not isinstance(capture, str):
        raise ConfigError(f"{where}: capture is a name or pattern")
    return Waiver(entry["id"], entry["reason"], expires, capture)


def apply(
    reports: Iterable[Report], waivers: list[Waiver], today: date
) -> tuple[list[Report], list[Waiver]]:
    """(reports with waived failures marked, waivers that nothing needed). An expired waiver waives nothing, and the
    failure that it covered says so."""
    used: set[Waiver] = set()
    judged = []
    for report in reports:
        results = tuple(_apply(result, waivers, today, used) for result in report.results)
        judged.append(replace(report, results=results))
    return judged, [waiver for waiver in waivers if waiver not in used]


def _apply(result: Result, waivers: list[Waiver], today: date, used: set[Waiver]) -> Result:
    covering = [waiver for waiver in waivers if waiver.covers(result)]
    used.update(covering)
    valid = next((waiver for waiver in covering if today <= waiver.expires), None)
    if valid is not None:
        return replace(result, waived=valid.reason)
    if covering:
        old = covering[0]
        return replace(result, seen=f"{result.seen} [waiver expired {old.expires}: {old.reason}]")
    return result


def new_waivers(
    reports: Iterable[Report], known: Iterable[Waiver], reason: str, expires: date
) -> list[Waiver]:
    """An entry for each failure that nothing waives yet."""
    old = set(known)
    made = {
        Waiver(r.id, reason, expires, r.capture or "*"): None
        for report in reports
        for r in report.failures
        if not r.waived
    }
    return [waiver for waiver in made if waiver not in old]

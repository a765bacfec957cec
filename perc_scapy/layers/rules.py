# SPDX-License-Identifier: GPL-2.0-only
"""Rules that several media and DTLS layers share, beside those of `validators`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from perc_scapy.layers.validators import Rule


@dataclass(frozen=True)
class NotDecoded(Rule):
    """Named, but nothing that a decoder would accept."""

    why: str
    severity: str = "error"

    def problem(self, message: Any, size: int) -> str | None:
        return self.why


@dataclass(frozen=True)
class LengthBetween(Rule):
    """Octets that an octet field may have."""

    field: str
    least: int
    most: int

    def problem(self, message: Any, size: int) -> str | None:
        found = len(bytes(getattr(message, self.field)))
        if self.least <= found <= self.most:
            return None
        return f"{self.field} has {found} octets, allowed are {self.least} to {self.most}"


@dataclass(frozen=True)
class AtMost(Rule):
    """The largest value of a number that may be missing."""

    field: str
    most: int

    def problem(self, message: Any, size: int) -> str | None:
        value = getattr(message, self.field)
        if value is None or value <= self.most:
            return None
        return f"{self.field} is {value}, at most {self.most} is allowed"


@dataclass(frozen=True)
class FlagNeeds(Rule):
    """One flag has a meaning only with another."""

    flag: str
    needed: str

    def problem(self, message: Any, size: int) -> str | None:
        if getattr(message, self.flag) and not getattr(message, self.needed):
            return f"{self.flag} is set without {self.needed}"
        return None


@dataclass(frozen=True)
class NotAmong(Rule):
    """Values that belong to something else."""

    field: str
    values: Collection[int]
    why: str

    def problem(self, message: Any, size: int) -> str | None:
        value = getattr(message, self.field)
        return f"{self.field} {value} {self.why}" if value in self.values else None

# SPDX-License-Identifier: GPL-2.0-only
"""Rules across the fields of DTLS structures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perc_scapy.layers.validators import Rule

MAX_FRAGMENT = (1 << 14) + 2048
"""Octets of a protected record's fragment (RFC 5246 6.2.3)."""


@dataclass(frozen=True)
class FragmentFits(Rule):
    """A handshake fragment lies inside its message and is not empty (RFC 6347 4.2.2, 4.2.3)."""

    def problem(self, message: Any, size: int) -> str | None:
        length, found = message.length, message.fragment_length
        if None in (length, found):
            return None
        if message.fragment_offset + found > length:
            return (
                f"fragment {message.fragment_offset}+{found} exceeds the message of {length} octets"
            )
        return "empty fragment of a message that has octets" if length and not found else None


@dataclass(frozen=True)
class RecordFits(Rule):
    """No record is longer than the protocol allows (RFC 6347 4.1: 2^14 octets and what protection adds)."""

    octets: int = MAX_FRAGMENT

    def problem(self, message: Any, size: int) -> str | None:
        found = message.length
        if found is None or found <= self.octets:
            return None
        return f"fragment of {found} octets, at most {self.octets} are allowed"


@dataclass(frozen=True)
class DistinctTypes(Rule):
    """No extension comes twice (RFC 5246 7.4.1.4)."""

    field: str = "extensions"

    def problem(self, message: Any, size: int) -> str | None:
        seen: set[int] = set()
        for extension in getattr(message, self.field) or ():
            kind = getattr(extension, "type", None)
            if isinstance(kind, int):
                if kind in seen:
                    return f"extension {kind} twice"
                seen.add(kind)
        return None


@dataclass(frozen=True)
class OneItem(Rule):
    """The server answers with exactly one of the client's offers (RFC 5764 4.1.1, RFC 7301 3.1)."""

    field: str

    def problem(self, message: Any, size: int) -> str | None:
        found = len(getattr(message, self.field))
        return None if found == 1 else f"{self.field}: the server selects one, {found} found"


@dataclass(frozen=True)
class LengthAmong(Rule):
    """Only these lengths of an octet field are valid."""

    field: str
    lengths: tuple[int, ...]

    def problem(self, message: Any, size: int) -> str | None:
        found = len(bytes(getattr(message, self.field)))
        if found in self.lengths:
            return None
        return f"{self.field} has {found} octets, not {' or '.join(map(str, self.lengths))}"

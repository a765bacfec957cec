# SPDX-License-Identifier: GPL-2.0-only
"""Rules by requirement id. A new rule is a function with `@rule(...)` in a module of `rules/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType

from perc_scapy.conform.model import Finding
from perc_scapy.conform.requirements import requirements
from perc_scapy.conform.subject import Part, Subject

Judge = Callable[[Subject], Iterator[Finding]]

MODULES = (
    "tunnel", "tunnel_wire", "relay", "keys", "handshake", "session", "ekt", "ekt_fields", "renewal", "double",
    "srtp", "rtcp", "privacy", "rfc9185", "rfc9185_kmf", "flows",
)  # fmt: skip
"""Modules of `rules/`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one requirement, or several that say the same, is judged."""

    ids: tuple[str, ...]
    judge: Judge
    expected: str
    about: str
    """What it looks at, in the plural: `tunnel messages`."""
    needs: Part
    """What must be readable for it to see anything."""
    broken_by: str
    """An example of a violation."""
    shown_in: str
    """Golden capture with a violation, if there is one."""

    @property
    def how(self) -> str:
        """How it judges: the function's own words."""
        return " ".join((self.judge.__doc__ or "").split())


_found: dict[str, Rule] = {}


def rule(
    *ids: str,
    expected: str,
    about: str,
    broken_by: str,
    needs: Part = Part.NOTHING,
    shown_in: str = "",
) -> Callable[[Judge], Judge]:
    """Register a judging function. `LookupError` for an id that the table lacks or that has a rule already."""

    def register(judge: Judge) -> Judge:
        made = Rule(ids, judge, expected, about, needs, broken_by, shown_in)
        for id_ in ids:
            if id_ not in requirements() or id_ in _found:
                raise LookupError(f"{id_}: not in the table, or judged twice")
            _found[id_] = made
        return judge

    return register


@cache
def rule_book() -> Mapping[str, Rule]:
    """All rules by id, in the order of the requirement table."""
    for module in MODULES:
        import_module(f"perc_scapy.conform.rules.{module}")
    return MappingProxyType({id_: _found[id_] for id_ in requirements() if id_ in _found})

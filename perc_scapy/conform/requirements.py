# SPDX-License-Identifier: GPL-2.0-only
"""The table of requirements (`perc_scapy/requirements.toml`) and what its level words mean here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from perc_scapy.conform.model import Level


class Requirement(NamedTuple):
    """One row: what a document says, in our words."""

    id: str
    level: Level
    source: str
    statement: str


@cache
def requirements() -> Mapping[str, Requirement]:
    """Every requirement that the project knows, by id, in the table's order."""
    text = files("perc_scapy").joinpath("requirements.toml").read_text("utf-8")
    return MappingProxyType(
        {
            name: Requirement(name, level_of(row["level"]), row["source"], row["statement"])
            for name, row in tomllib.loads(text).items()
        }
    )


def level_of(word: str) -> Level:
    """The level of a table's word: the strongest that it names; what a document states or implies is `implied`."""
    if word.startswith(("MUST", "REQUIRED", "SHALL")):
        return "MUST"
    if word.startswith(("SHOULD", "RECOMMENDED")):
        return "SHOULD"
    return "MAY" if word.startswith(("MAY", "OPTIONAL")) else "implied"

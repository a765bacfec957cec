# SPDX-License-Identifier: GPL-2.0-only
"""What a golden capture is made from: a function that returns its octets, and what it is meant to show."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["flow", "violation", "foreign", "damage"]


@dataclass(frozen=True, slots=True)
class Built:
    """The files of one capture; a part that it has not is None."""

    trace: bytes
    keylog: bytes | None = None
    keys: str | None = None
    """keys.toml: keys as vendors log them."""
    suffix: str = ".pcapng"
    """Of the trace's name."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One folder of captures/."""

    name: str
    kind: Kind
    title: str
    text: str
    """What the capture shows, for people."""
    build: Callable[[], Built]
    shows: tuple[str, ...] = ()
    """Requirement and step ids that it exercises on purpose."""
    violates: tuple[str, ...] = ()
    """Ids that a judge must find broken, and no other MUST."""
    recorded: str = ""
    """Why it cannot be rebuilt octet for octet; empty when it can."""

    @property
    def reproducible(self) -> bool:
        """Whether a rebuild gives the same octets."""
        return not self.recorded


RECIPES: dict[str, Recipe] = {}


def recipe(
    kind: Kind,
    title: str,
    *,
    shows: str = "",
    violates: str = "",
    recorded: str = "",
    name: str = "",
) -> Callable[[Callable[[], Built]], Callable[[], Built]]:
    """Register a builder; its docstring is the text, its name with hyphens the folder's."""

    def register(build: Callable[[], Built]) -> Callable[[], Built]:
        folder = name or build.__name__.replace("_", "-")
        text = inspect.getdoc(build) or ""
        RECIPES[folder] = Recipe(
            folder,
            kind,
            title,
            text,
            build,
            tuple(shows.split()),
            tuple(violates.split()),
            recorded,
        )
        return build

    return register

# SPDX-License-Identifier: GPL-2.0-only
"""Search over hypotheses: every aspect has one right option and several wrong ones that somebody is known to take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

MAX_TRIALS = 20_000
"""Attempts on one packet before giving up: about half a second."""
MAX_DEVIATIONS = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One way of doing one thing."""

    value: Any
    name: str = ""
    """What is done, as a hypothesis in words; empty for the right way."""
    clause: str = ""
    """Where the right way is written, and whose software is known for this one."""

    @property
    def right(self) -> bool:
        return not self.name


Aspects = Mapping[str, Sequence[Option]]
"""Aspect -> its options, the right one first."""
Attempt = Callable[[Mapping[str, Any]], bool]
"""Values by aspect -> whether it authenticates."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a search ended. `options` is None when nothing authenticates."""

    options: dict[str, Option] | None
    tried: int

    @property
    def found(self) -> bool:
        return self.options is not None

    @property
    def deviations(self) -> list[Option]:
        """What is done differently from the documents; empty when all is right."""
        return [o for o in (self.options or {}).values() if not o.right]


def search(aspects: Aspects, attempt: Attempt, limit: int = MAX_TRIALS) -> Outcome:
    """Try the right way, then one deviation at a time, then pairs, then triples, at most `limit` attempts."""
    tried = 0
    for options in _by_deviations(aspects):
        if tried >= limit:
            break
        tried += 1
        if attempt({name: option.value for name, option in options.items()}):
            return Outcome(options, tried)
    return Outcome(None, tried)


def _by_deviations(aspects: Aspects) -> Iterator[dict[str, Option]]:
    right = {name: options[0] for name, options in aspects.items()}
    wrong = {name: options[1:] for name, options in aspects.items() if len(options) > 1}
    for count in range(MAX_DEVIATIONS + 1):
        for names in combinations(wrong, count):
            for chosen in product(*(wrong[name] for name in names)):
                yield {**right, **dict(zip(names, chosen, strict=True))}

# SPDX-License-Identifier: GPL-2.0-only
"""Regular expressions that end soon on any value: Python's engine backtracks, so costly forms are refused."""

from __future__ import annotations

import re
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

MAX_PATTERN = 256
"""Characters of a pattern."""
MAX_VALUE = 1 << 16
"""Characters, or octets, of a value that are looked at; fewer under costly patterns."""
STEPS = 1 << 24
"""Steps of matching that one value may cost."""
FEW, MAX_CHOICES, MAX_LONG = 8, 1 << 12, 2
"""Repeats up to `FEW` times are choices, others long; what a pattern may have of either."""
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
_REFUSED = {
    constants.GROUPREF: "back references are not possible",
    constants.GROUPREF_EXISTS: "back references are not possible",
    constants.ASSERT: "look-around is not possible",
    constants.ASSERT_NOT: "look-around is not possible",
}


class Pattern(NamedTuple):
    """A compiled pattern and how much of a value it may look at."""

    expression: re.Pattern[str]
    limit: int

    def found_in(self, text: str) -> bool:
        """Whether it matches anywhere."""
        return self.expression.search(text, 0, self.limit) is not None


def compile_pattern(pattern: str) -> Pattern:
    """A pattern for text, without regard to case. Raises ValueError that says what is not possible."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a pattern has at most {MAX_PATTERN} characters")
    try:
        parsed = parser.parse(pattern, re.IGNORECASE)
        made = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"no regular expression: {error}") from None
    cost = _Cost()
    cost.add(parsed, inside=False)
    return Pattern(made, cost.limit())


class _Cost:
    """What backtracking may cost: places to begin * choices * a place for each long repeat."""

    def __init__(self) -> None:
        self.long, self.choices = 0, 1

    def limit(self) -> int:
        """Length of value that keeps within `STEPS`."""
        if self.long > MAX_LONG:
            raise ValueError(f"at most {MAX_LONG} unbounded repeats in one pattern")
        if self.choices > MAX_CHOICES:
            raise ValueError("too many alternatives and optional parts")
        return min(MAX_VALUE, int((STEPS / self.choices) ** (1 / (self.long + 1))))

    def add(self, parsed: Any, *, inside: bool) -> None:
        for kind, argument in parsed:
            if kind in _REFUSED:
                raise ValueError(_REFUSED[kind])
            repeat = kind in _REPEATS
            if inside and (repeat or kind == constants.BRANCH):
                raise ValueError("no repeat and no alternative inside a repeat")
            if repeat and argument[1] > FEW:
                self.long += 1
            elif repeat:
                self.choices *= argument[1] - argument[0] + 1
            elif kind == constants.BRANCH:
                self.choices *= len(argument[1])
            for part in _parts(argument):
                self.add(part, inside=inside or repeat)


def _parts(argument: Any) -> list[Any]:
    """Patterns inside one."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [found for item in argument for found in _parts(item)]
    return []

# SPDX-License-Identifier: GPL-2.0-only
"""What a person got wrong in a filter, and where."""

from __future__ import annotations

from perc_scapy.errors import ConfigError


class FilterError(ConfigError):
    """`str()` is one line; `pointer` two: the filter, and marks below the token that is wrong."""

    def __init__(self, problem: str, text: str, start: int, end: int) -> None:
        self.problem, self.text, self.start, self.end = problem, text, start, end
        super().__init__(f"{problem} (at character {start + 1})")

    @property
    def pointer(self) -> str:
        """The filter with carets below the wrong token."""
        shown = "".join(c if c.isprintable() else " " for c in self.text)
        return f"{shown}\n{' ' * self.start}{'^' * max(1, self.end - self.start)}"

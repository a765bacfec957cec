# SPDX-License-Identifier: GPL-2.0-only
"""What is worth a look in a packet: expert information, as packet analysers call it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")
"""From mild to grave. note: legal but worth knowing; warning: suspicious; error: malformed or not authentic."""


class Expert(NamedTuple):
    """One remark; `str()` of it is the text."""

    severity: Severity
    text: str

    def __str__(self) -> str:
        return self.text

    def to_json(self) -> dict[str, str]:
        """The documented object."""
        return {"severity": self.severity, "text": self.text}


def worst(remarks: Iterable[Expert]) -> Expert | None:
    """The gravest remark, of equals the first."""
    return max(remarks, key=lambda remark: SEVERITIES.index(remark.severity), default=None)

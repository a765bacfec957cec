# SPDX-License-Identifier: GPL-2.0-only
"""Fields of an expectation that differ from one run of the same conversation to the next, in groups with names."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from perc_scapy.golden.differences import label_of

GROUPS: dict[str, tuple[str, ...]] = {
    "addresses": ("*.endpoint", "*.server"),
    "randoms": ("*.client_random",),
    "times": ("*.ttl",),
    "ids": ("*.ssrc", "*.spi", "*.key_id"),
    "packets": ("*.packet", "*.acknowledged", "flow.*", "conformance.fail.*"),
    "counts": (
        "streams.packets",
        "streams.outer_opened",
        "streams.opened",
        "streams.repeats",
        "streams.problems",
        "streams.rewritten",
        "streams.ekt",
        "streams.reports",
    ),
    "reports": ("streams:*: rtcp of *",),
    "notes": ("notes",),
    "none": (),
}
"""Group -> patterns of paths: `streams.ssrc` is a field of every stream, `streams:A > MDD: rtp of A` a whole entry."""
DEFAULT = ("addresses", "randoms", "times", "ids")
"""What is masked when nobody says otherwise: enough for a conversation that was recorded anew.
`packets`, `counts` and `reports` are for those in which timing decides what is sent."""
MASK = "*"


class Masks:
    """Groups by name, single patterns, `default`, and `-name` to take a group out again."""

    def __init__(self, wanted: Iterable[str] = DEFAULT) -> None:
        self.names = _expanded(wanted)
        self._patterns = [p for name in self.names for p in GROUPS.get(name, (name,))]

    def covers(self, path: str) -> bool:
        """Whether a path, or one above it, is masked."""
        return any(fnmatchcase(path, pattern) for pattern in self._patterns)

    def apply(self, value: Any, path: str = "") -> Any:
        """The same with masked values replaced, masked entries left out; what is absent stays absent."""
        if path and self.covers(path):
            return None if value is None else MASK
        if isinstance(value, dict):
            return {k: self.apply(v, f"{path}.{k}" if path else str(k)) for k, v in value.items()}
        if isinstance(value, list):
            kept = [item for item in value if not self.covers(f"{path}:{label_of(item)}")]
            return [self.apply(item, path) for item in kept]
        return value


def _expanded(wanted: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in wanted:
        if name.startswith("-"):
            found.pop(name[1:], None)
        else:
            found.update(dict.fromkeys(DEFAULT if name == "default" else (name,)))
    return tuple(found)

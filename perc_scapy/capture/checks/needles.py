# SPDX-License-Identifier: GPL-2.0-only
"""Many secrets looked for in many octets: cheap for a few, and never worse than in proportion to the octets."""

from __future__ import annotations

from collections.abc import Mapping

FEW = 64
"""Up to so many secrets, a search for each of them is faster than a look at every place."""


class Needles:
    """Secrets by their octets, each with a name. `find` gives the name of one that is there."""

    def __init__(self, names: Mapping[bytes, str]) -> None:
        self._names = dict(names)
        self._lengths = sorted({len(secret) for secret in self._names if secret})

    def __len__(self) -> int:
        return len(self._names)

    def find(self, content: bytes) -> str | None:
        """Name of a secret in `content`; None when there is none."""
        if len(self._names) <= FEW:
            return next((name for secret, name in self._names.items() if secret in content), None)
        names = self._names
        for length in self._lengths:
            for at in range(len(content) - length + 1):
                name = names.get(content[at : at + length])
                if name is not None:
                    return name
        return None

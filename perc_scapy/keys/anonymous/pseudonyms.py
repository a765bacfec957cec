# SPDX-License-Identifier: GPL-2.0-only
"""Stand-ins of the same length: the same octets get the same stand-in, and nobody without the seed gets back."""

from __future__ import annotations

import hashlib

_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_KEPT = b".:-@ /_="
"""What gives a name its form."""


class Pseudonyms:
    """Stand-ins under one `seed` (16 octets or more, random and then forgotten)."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def octets(self, data: bytes) -> bytes:
        """For what has no form: keys, signatures, identifiers."""
        return hashlib.shake_256(self._seed + data).digest(len(data))

    def text(self, data: bytes) -> bytes:
        """For names: letters, with points and the like where they were."""
        stream = hashlib.shake_256(b"text" + self._seed + data).digest(len(data))
        return bytes(
            old if old in _KEPT else _LETTERS[new % 26]
            for old, new in zip(data, stream, strict=True)
        )

    def parts(self, data: bytes, separator: bytes) -> bytes:
        """For names made of names, each of which may come again alone."""
        return separator.join(map(self.text, data.split(separator)))

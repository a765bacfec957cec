# SPDX-License-Identifier: BSD-3-Clause
"""`Key`: secret octets that do not print themselves."""

from __future__ import annotations

import hashlib
from typing import SupportsIndex, overload


class Key(bytes):
    """Secret octets. Equal to, and usable as, the `bytes` it holds, but every text form shows only its length.

    Slices and concatenations stay `Key`. To see the octets, say so: `.hex()` or `bytes(key)`.
    """

    __slots__ = ()

    @property
    def id(self) -> str:
        """8 hex digits that name the key and are safe to show (32 bits of a SHA-256 with its own prefix)."""
        return hashlib.sha256(b"perc key id" + bytes(self)).hexdigest()[:8]

    def __repr__(self) -> str:
        return f"<Key {len(self)} octets>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Key: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | Key:
        if isinstance(index, slice):
            return Key(bytes.__getitem__(self, index))
        return bytes.__getitem__(self, index)

    def __add__(self, other: bytes) -> Key:  # type: ignore[override]  # narrower than bytes
        return Key(bytes.__add__(self, other))

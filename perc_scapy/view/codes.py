# SPDX-License-Identifier: GPL-2.0-only
"""Names of code points."""

from __future__ import annotations

from typing import Any


def name_of(enum: Any, value: int | None) -> str | None:
    """The name of a code point, its number where it has none, None for None."""
    if value is None:
        return None
    try:
        return str(enum(value).name)
    except ValueError:
        return f"{value:#06x}"

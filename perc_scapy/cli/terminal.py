# SPDX-License-Identifier: GPL-2.0-only
"""Whether and how to colour output for a person: only on a terminal, never when NO_COLOR is set (no-color.org)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def use_color(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """True when `stream` is a terminal that understands colours and the user did not say no."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def paint(text: str, style: str, *, color: bool) -> str:
    """`text` in one of bold, dim, red, green, yellow, cyan; unchanged without `color`."""
    return f"\033[{_CODES[style]}m{text}\033[0m" if color else text

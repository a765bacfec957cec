# SPDX-License-Identifier: GPL-2.0-only
"""Whether to colour output for a person: only on a terminal, never when NO_COLOR is set (no-color.org)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO


def use_color(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """True when `stream` is a terminal that understands colours and the user did not say no."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

# SPDX-License-Identifier: GPL-2.0-only
"""Libraries that not everybody needs: imported when a table is asked for, named with their extra when absent."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from perc_scapy.errors import MissingToolError

EXTRA = {
    "pyarrow": "analytics",
    "pandas": "analytics",
    "polars": "analytics",
    "numpy": "analytics",
    "distributed": "cluster",
}
"""Library -> extra of this package that brings it."""


def need(module: str) -> Any:
    """Import a library. Raises `MissingToolError` that says what to install."""
    library = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as absent:
        if absent.name != library:
            raise
        extra = EXTRA[library]
        raise MissingToolError(
            f"{library} is not installed; pip install 'perc-scapy[{extra}]' brings it"
        ) from None

# SPDX-License-Identifier: GPL-2.0-only
"""Tunnel between MDD and KMF: neutral `messages`, their wire versions, and the `carrier` that opens and accepts them.

Adding a wire version: one module beside `draft00` and one row in `TUNNEL_VERSIONS`. Roles stay as they are.
Captures are read in all versions; live roles speak those of `LIVE_VERSIONS`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perc_scapy.tunnel.messages import TunnelVersion

    TUNNEL_VERSIONS: Mapping[str, TunnelVersion]

__all__ = ["LIVE_VERSIONS", "TUNNEL_VERSIONS"]

_VERSIONS = {"draft00": ("draft00", "Draft00"), "rfc9185": ("rfc9185", "Rfc9185")}
LIVE_VERSIONS = frozenset({"draft00"})
"""Names of the versions that roles run. The TLS carrier of RFC 9185 is for reading only."""


def __getattr__(name: str) -> object:
    if name != "TUNNEL_VERSIONS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Loaded on first use: the wire formats need Scapy, a command that prints its help does not.
    made = {
        key: getattr(import_module(f"{__name__}.{module}"), cls)()
        for key, (module, cls) in _VERSIONS.items()
    }
    globals()[name] = made
    return made

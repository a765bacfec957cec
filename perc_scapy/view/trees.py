# SPDX-License-Identifier: GPL-2.0-only
"""A packet view as one line of JSON."""

from __future__ import annotations

import json
from typing import Any

from perc_scapy.view.packets import PacketView

_ENCODE = json.JSONEncoder(separators=(", ", ": ")).encode


def json_line(
    view: PacketView, *, secrets: bool = False, head: dict[str, Any] | None = None
) -> str:
    """The documented object on one line, without line end; `head` comes before its fields."""
    found = view.to_json(secrets=secrets)
    return _ENCODE(found if head is None else head | found)

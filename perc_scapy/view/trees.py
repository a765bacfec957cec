# SPDX-License-Identifier: GPL-2.0-only
"""A packet view as one line of JSON."""

from __future__ import annotations

import json
from typing import Any

from perc_scapy.view.packets import PacketView
from perc_scapy.view.rows import rows_of

_ENCODE = json.JSONEncoder().encode


def json_line(
    view: PacketView,
    *,
    secrets: bool = False,
    ranges: bool = False,
    head: dict[str, Any] | None = None,
) -> str:
    """The documented object on one line, without line end; `head` comes before its fields.

    With `ranges` each layer says where its octets are in the frame (`offset`), if they are there as they are, and
    where each field is in the layer (`ranges`: path -> [offset, length]).
    """
    found = view.to_json(secrets=secrets)
    if ranges:
        _add_ranges(view, found["layers"])
    return _ENCODE(found if head is None else head | found)


def _add_ranges(view: PacketView, layers: list[dict[str, Any]]) -> None:
    view.locate()
    for index, part in enumerate(view.parts):
        places = {row.path: [row.offset, row.length] for row in rows_of(part)}
        where = {} if part.offset is None else {"offset": part.offset}
        layers[index] = {**layers[index], **where, "ranges": places}

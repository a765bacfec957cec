# SPDX-License-Identifier: GPL-2.0-only
"""A packet view as one line of JSON."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from perc_scapy.view.packets import PacketView
from perc_scapy.view.rows import rows_of


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
    if ranges:
        found = view.to_json(secrets=secrets)
        _add_ranges(view, found["layers"])
        return json.dumps(found if head is None else head | found)
    line = _line(view, secrets=secrets)
    return line if not head else f"{json.dumps(head)[:-1]}, {line[1:]}"


def _line(view: PacketView, *, secrets: bool) -> str:
    """`json.dumps(view.to_json())`, written at once: most of a large capture's time would go there. HOT PATH."""
    layers = ", ".join([part.json_text(secrets=secrets) for part in view.parts])
    expert = json.dumps([e.to_json() for e in view.expert]) if view.expert else "[]"
    rest = "" if view.frame is None else f', "length": {view.frame.length}'
    if view.place.association:
        rest += f', "association": {_text(view.place.association)}, "hop": {_text(view.place.hop)}'
    if view.key_id is not None:
        rest += f', "key_id": {_text(view.key_id)}'
    return (
        f'{{"number": {view.number}, "time": {round(view.time, 9)!r}, "src": {_text(view.src)}, '
        f'"dst": {_text(view.dst)}, "protocols": {_names(tuple(view.protocols))}, '
        f'"layers": [{layers}], "expert": {expert}{rest}}}'
    )


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    return json.dumps(value)


@lru_cache(maxsize=1024)
def _names(protocols: tuple[str, ...]) -> str:
    return json.dumps(protocols)


def _add_ranges(view: PacketView, layers: list[dict[str, Any]]) -> None:
    view.locate()
    for index, part in enumerate(view.parts):
        places = {row.path: [row.offset, row.length] for row in rows_of(part)}
        where = {} if part.offset is None else {"offset": part.offset}
        layers[index] = {**layers[index], **where, "ranges": places}

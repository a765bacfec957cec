# SPDX-License-Identifier: GPL-2.0-only
"""A packet view as indented text: every field on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perc_scapy.view.packets import PacketView
from perc_scapy.view.style import Style

_WIDTH = 96
"""Characters of a value before it is cut."""


def tree(view: PacketView, style: Style, *, secrets: bool = False) -> Iterator[str]:
    """Lines below the packet's own line."""
    for part in view.parts:
        values = dict(part.to_json(secrets=secrets))
        name, decrypted = values.pop("layer"), values.pop("decrypted", False)
        note = ", ".join(filter(None, ("decrypted" if decrypted else "", part.note)))
        yield "    " + style.paint(name + (f" ({note})" if note else ""), "bold")
        yield from _fields(values, "      ", style)
    for fault in view.expert:
        yield "    " + style.paint(f"! {fault}", "bad")


def _fields(values: dict[str, Any], indent: str, style: Style) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _nested(name, value, indent, style)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                yield from _nested(f"{name}[{index}]", item, indent, style)
        else:
            yield f"{indent}{name} = {_cut(value, style)}"


def _nested(name: str, value: Any, indent: str, style: Style) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{indent}{name} = {_cut(value, style)}"
        return
    rest = {key: item for key, item in value.items() if key != "layer"}
    yield f"{indent}{name}: {style.paint(value.get('layer', ''), 'note')}".rstrip()
    yield from _fields(rest, indent + "  ", style)


def _cut(value: Any, style: Style) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}{style.glyphs.more}"

# SPDX-License-Identifier: GPL-2.0-only
"""A packet view as indented text: every field on a line of its own, with its octets in the part and in the frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perc_scapy.view.parts import Part
from perc_scapy.view.rows import Row, rows_of
from perc_scapy.view.style import Style, Tone

if TYPE_CHECKING:
    from perc_scapy.view.viewed import Viewed

_WIDTH = 96
"""Characters of a value before it is cut."""
TONES: dict[str, Tone] = {"note": "note", "warning": "bad", "error": "bad"}


def tree(view: Viewed, style: Style, *, secrets: bool = False) -> Iterator[str]:
    """Lines below the packet's own line. A range is first..last octet, from 0."""
    view.locate()
    for part in view.parts:
        yield "    " + style.paint(title(part), "bold")
        for row in rows_of(part, secrets=secrets):
            yield _line(row, part, style)
    for remark in view.expert:
        yield "    " + style.paint(f"! {remark.severity}: {remark}", TONES[remark.severity])


def title(part: Part) -> str:
    """A part's layer, how it came to be readable, and where it lies."""
    notes = ["decrypted"] if part.decrypted else []
    notes += [part.note] if part.note else []
    if part.offset is not None:
        notes.append(f"octets {span(part.offset, len(part.data)) or 'none'} of the frame")
    said = ", ".join(notes)
    return f"{part.layer.__name__} ({said})" if said else str(part.layer.__name__)


def span(offset: int, length: int) -> str:
    """First and last octet; empty for none."""
    if length < 1:
        return ""
    return str(offset) if length == 1 else f"{offset}..{offset + length - 1}"


def _line(row: Row, part: Part, style: Style) -> str:
    place = f"{span(row.offset, row.length):>10}"
    if part.offset is not None:
        place += f" {span(part.offset + row.offset, row.length):>10}"
    indent = "  " * row.depth
    front = f"    {style.paint(place, 'dim')}  {indent}{row.label}"
    if row.kind == "layer":
        return f"{front}: {style.paint(row.text, 'note')}"
    text = row.text if len(row.text) <= _WIDTH else row.text[:_WIDTH] + style.glyphs.more
    return f"{front} = {style.paint(text, 'bad' if row.kind == 'malformed' else 'plain')}"

# SPDX-License-Identifier: GPL-2.0-only
"""A packet as a tree beside its octets. Pointing at a field marks its octets, and the other way round; no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from perc_scapy.view.html.style import MARKS, styled, text
from perc_scapy.view.html.tables import table_html
from perc_scapy.view.rows import Row, rows_of
from perc_scapy.view.tree import span, title

if TYPE_CHECKING:
    from perc_scapy.view.parts import Part
    from perc_scapy.view.viewed import Viewed

WIDTH = 16
MAX_OCTETS = 4096
"""Octets of one part that are shown."""
LONGEST = 200
"""Characters of a value that are shown."""
LISTED = 500
"""Packets of a list that are shown."""


class Numbered(NamedTuple):
    """A row with the number that its marks have; -1 for none."""

    row: Row
    number: int


def packet_html(view: Viewed, *, secrets: bool = False) -> str:
    """Tree and octets of a packet; key octets are covered without `secrets`."""
    view.locate()
    trees, dumps, count = [], [], 0
    for part in view.parts:
        rows = []
        for row in rows_of(part, secrets=secrets):
            rows.append(Numbered(row, count if count < MARKS else -1))
            count += 1
        trees.append(_tree(part, rows))
        dumps.append(_dump(part, rows, secrets=secrets))
    head = (
        f"<p><b>{view.number}</b> {text(view.src)} → {text(view.dst)}<br>{text(view.summary)}</p>"
    )
    remarks = "".join(f'<div class="{e.severity}">{text(e)}</div>' for e in view.expert)
    body = (
        f'<div class="perc-tree">{"".join(trees)}</div><div class="perc-hex">{"".join(dumps)}</div>'
    )
    return styled(f'{head}{remarks}<div class="perc-packet">{body}</div>', packet=True)


def _tree(part: Part, rows: list[Numbered]) -> str:
    lines = "".join(map(_row, rows))
    return f"<details open><summary>{text(title(part))}</summary>{lines}</details>"


def _row(numbered: Numbered) -> str:
    row, number = numbered
    mark = f"row r{number}" if number >= 0 else "row"
    value = row.text if len(row.text) <= LONGEST else row.text[:LONGEST] + "…"
    said = (
        f"{row.label}: <b>{text(value)}</b>"
        if row.kind == "layer"
        else f"{row.label} = {text(value)}"
    )
    style = f"padding-left:{2 * row.depth}ch"
    tone = " bad" if row.kind == "malformed" else ""
    place = f'<span class="at">{span(row.offset, row.length)}</span>'
    name = f' title="{text(row.name)}"' if row.name else ""
    return f'<div class="{mark}{tone}" tabindex="0" style="{style}"{name}>{place}{said}</div>'


def _dump(part: Part, rows: list[Numbered], *, secrets: bool) -> str:
    shown = part.data[:MAX_OCTETS]
    classes = _classes(rows, len(shown))
    hide = {
        place
        for row, _ in rows
        if row.secret and not secrets
        for place in range(row.offset, row.offset + row.length)
    }
    lines = "\n".join(_line(shown, start, classes, hide) for start in range(0, len(shown), WIDTH))
    rest = f"\n… {len(part.data) - len(shown)} more octets" if len(part.data) > len(shown) else ""
    return f"<h5>{text(title(part))}</h5><pre>{lines}{rest}</pre>"


def _classes(rows: list[Numbered], length: int) -> list[str]:
    """Of each octet: marks of all rows that it belongs to, the innermost one named twice."""
    found: list[list[int]] = [[] for _ in range(length)]
    for row, number in rows:
        for place in range(row.offset, min(length, row.offset + row.length)) if number >= 0 else ():
            found[place].append(number)
    return [
        " ".join([*(f"b{n}" for n in numbers), f"l{numbers[-1]}"]) if numbers else ""
        for numbers in found
    ]


def _line(data: bytes, start: int, classes: list[str], hide: set[int]) -> str:
    places = range(start, min(start + WIDTH, len(data)))
    cells = "".join(_runs(places, classes, lambda p: "--" if p in hide else f"{data[p]:02x}", " "))
    gap = "   " * (WIDTH - len(places))
    chars = "".join(_runs(places, classes, lambda p: "-" if p in hide else _character(data[p]), ""))
    return f'<span class="dim">{start:04x}</span>  {cells}{gap}  {chars}'


def _runs(places: Iterable[int], classes: list[str], show, between: str) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """Neighbours with the same marks in one element."""
    for mark, run in groupby(places, key=classes.__getitem__):
        content = between.join(show(place) for place in run)
        yield (f'<span class="{mark}">{content}</span>' if mark else content) + between


def _character(octet: int) -> str:
    return text(chr(octet)) if 32 <= octet < 127 else "."


def packets_html(views: Iterable[Viewed]) -> str:
    """A line a packet."""
    rows: list[list[object]] = []
    for view in views:
        if len(rows) >= LISTED:
            rows.append(["…", "", "", "", "", ""])
            break
        remark = "; ".join(map(str, view.expert))
        rows.append([view.number, view.src, view.dst, view.place.hop, view.summary, remark])
    return table_html(["", "from", "to", "hop", "what", "remarks"], rows)

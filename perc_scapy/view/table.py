# SPDX-License-Identifier: GPL-2.0-only
"""Rows of values as columns of text, numbers to the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from perc_scapy.view.style import Style


def table(titles: Sequence[str], rows: Iterable[Sequence[Any]], style: Style) -> Iterator[str]:
    """Lines, the titles first; None is shown as a dash."""
    cells = [[_text(value) for value in row] for row in rows]
    numeric = [all(_is_number(row[i]) for row in cells) for i in range(len(titles))]
    widths = [max([len(t), *(len(row[i]) for row in cells)]) for i, t in enumerate(titles)]
    yield style.paint(_line(titles, widths, numeric), "dim")
    for row in cells:
        yield _line(row, widths, numeric)


def _line(cells: Sequence[str], widths: list[int], numeric: list[bool]) -> str:
    placed = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return "  ".join(placed).rstrip()


def _text(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return " ".join(map(_text, value)) or "-"
    return "".join(c if c.isprintable() else "?" for c in str(value))


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "", 1).isdecimal()

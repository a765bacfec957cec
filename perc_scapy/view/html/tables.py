# SPDX-License-Identifier: GPL-2.0-only
"""Rows of values, statistics and associations as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from perc_scapy.view.html.style import styled, text
from perc_scapy.view.stats_text import SECTIONS, Figures, derived, rows_of


def table_body(heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A table without style."""
    listed = list(rows)
    numeric = [listed and all(_is_number(row[i]) for row in listed) for i in range(len(heads))]
    head = "".join(
        f'<th class="num">{text(h)}</th>' if right else f"<th>{text(h)}</th>"
        for h, right in zip(heads, numeric, strict=True)
    )
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in listed)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def table_html(heads: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A table: numbers to the right, everything escaped."""
    return styled(table_body(heads, rows))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if not _is_number(value):
        return f"<td>{text(_shown(value))}</td>"
    said = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f'<td class="num">{said}</td>'


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def stats_html(figures: Figures) -> str:
    """What `Statistics.to_json` holds, as tables."""
    shown, parts = figures | derived(figures), []
    for key, title, columns in SECTIONS:
        if shown[key]:
            rows = rows_of(shown[key], columns)
            body = table_body(list(columns.values()), rows)
            parts.append(f"<details open><summary>{text(title)}</summary>{body}</details>")
    capture = figures["capture"]
    head = f"<p>{capture['packets']} packets in {capture['seconds']:.3f} s</p>"
    return styled(head + "".join(parts))


def associations_html(rows: Iterable[Figures]) -> str:
    """Associations as `association_stats.association_rows` gives them."""
    columns = next(c for key, _, c in SECTIONS if key == "associations")
    return table_html(list(columns.values()), rows_of(list(rows), columns))

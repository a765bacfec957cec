# SPDX-License-Identifier: GPL-2.0-only
"""What one requirement says and how captures are judged by it, for people."""

from __future__ import annotations

import difflib
import re

from perc_scapy.conform.clauses import clause_of
from perc_scapy.conform.registry import Rule, rule_book
from perc_scapy.conform.requirements import Requirement, requirements
from perc_scapy.errors import ConfigError

_LEVELS = {
    "MUST": "MUST: breaking it fails a run",
    "SHOULD": "SHOULD: breaking it fails a run with --fail-on should",
    "MAY": "MAY: breaking it fails no run",
    "implied": "implied: stated as fact, or follows; breaking it fails a run",
}


def explain(id_: str) -> list[str]:
    """Lines about one id. Raises `ConfigError` for one that the table lacks."""
    row = requirements().get(id_.upper()) or requirements().get(id_)
    if row is None:
        padded = re.sub(r"-(\d)$", r"-0\1", id_.upper())
        near = difflib.get_close_matches(padded, requirements(), n=1)
        hint = f"did you mean {near[0]}?" if near else "perc check --list shows all"
        raise ConfigError(f"no requirement {id_!r}; {hint}")
    one = rule_book().get(row.id)
    return _known(row, one) if one is not None else _unjudged(row)


def _known(row: Requirement, one: Rule) -> list[str]:
    lines = [
        f"{row.id}  {row.statement}",
        f"source     {clause_of(row.id)}",
        f"level      {_LEVELS[row.level]}",
        f"expected   {one.expected}",
        f"judged     {one.how}",
        f"looks at   {one.about}",
        f"broken by  {one.broken_by}",
    ]
    if one.shown_in:
        lines.append(f"shown in   captures/{one.shown_in}")
    fellows = [id_ for id_ in one.ids if id_ != row.id]
    if fellows:
        lines.append(f"same rule  {', '.join(fellows)}")
    return lines


def _unjudged(row: Requirement) -> list[str]:
    return [
        f"{row.id}  {row.statement}",
        f"source     {row.source}",
        f"level      {_LEVELS[row.level]}",
        "judged     not from captures: what a party keeps, refuses or decides inside of itself does not show in one",
    ]


def listing() -> list[str]:
    """One line for each id that is judged."""
    width = max(map(len, rule_book()))
    return [
        f"{id_:<{width}}  {requirements()[id_].level:<7}  {requirements()[id_].statement}"
        for id_ in rule_book()
    ]


def table() -> list[str]:
    """The same as a Markdown table, for docs/check.md."""
    rows = ["| id | level | clause | what a conforming capture shows |", "|---|---|---|---|"]
    for id_, one in rule_book().items():
        expected = one.expected.replace("|", "\\|")
        rows.append(f"| {id_} | {requirements()[id_].level} | {clause_of(id_)} | {expected} |")
    return rows

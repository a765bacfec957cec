# SPDX-License-Identifier: GPL-2.0-only
"""What the whole capture tells: ladder, statistics, expert information; and the list of field names."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from perc_scapy.cli import ExitCode
from perc_scapy.cli.dissect.source import Source, load
from perc_scapy.cli.reading import tell_damage

if TYPE_CHECKING:
    from perc_scapy.view.expert import Expert


def list_fields(*, as_json: bool) -> int:
    """Every name with type, meaning and named values."""
    from perc_scapy.view.catalogue import catalogue

    head: dict[str, Any] = {"schema": 1}
    for info in catalogue().values():
        if as_json:
            values = {"name": info.name, "type": info.kind, "description": info.description}
            print(json.dumps({**head, **values, "values": dict(info.names)}))
            head = {}
        else:
            print(f"{info.name}\t{info.kind}\t{info.description}")
    return ExitCode.OK


def ladder(args: argparse.Namespace) -> int:
    """The story as text, as an object, or as a picture."""
    from perc_scapy.capture.whole_story import whole_story
    from perc_scapy.cli.demo import terminal_style
    from perc_scapy.view.ladder import ladder as drawn
    from perc_scapy.view.svg import svg_ladder

    analysis, packets, damage = load(args)
    story = whole_story(analysis)
    if not story.sections and args.form != "json":
        print("no tunnel and no association: nothing to draw")
        return tell_damage("dissect", args.capture, packets, damage)
    if args.output is not None:
        args.output.write_text(svg_ladder(story), encoding="utf-8")
    elif args.form == "json":
        print(json.dumps(story.to_json()))
    else:
        print(drawn(story, terminal_style()))
    return tell_damage("dissect", args.capture, packets, damage)


def stats(args: argparse.Namespace) -> int:
    """Tables, or one object."""
    from perc_scapy.cli.demo import terminal_style
    from perc_scapy.view.stats import Statistics
    from perc_scapy.view.stats_text import stats_lines

    with Source(args) as source:
        found = Statistics(source.analysis)
        for view in source.views():
            found.frame(view.time)
            if view.media is not None:
                found.add(view.media)
        figures = found.to_json()
        if args.form == "json":
            print(json.dumps(figures))
        else:
            print("\n".join(stats_lines(figures, terminal_style())))
        return source.finish()


def expert(args: argparse.Namespace) -> int:
    """Every remark once, gravest first, with how often and where first; remarks on no packet in front."""
    from perc_scapy.cli.demo import terminal_style

    with Source(args) as source:
        seen: Counter[Expert] = Counter()
        first: dict[Expert, int] = {}
        for view in source.views():
            for remark in view.expert:
                seen[remark] += 1
                first.setdefault(remark, view.number)
        rows = _sorted(seen, first, source.general)
        if args.form == "json":
            for index, row in enumerate(rows):
                print(json.dumps(({} if index else {"schema": 1}) | row))
        else:
            _print_expert(rows, terminal_style())
        return source.finish()


def _sorted(seen: Counter[Any], first: dict[Any, int], general: list[Any]) -> list[dict[str, Any]]:
    from perc_scapy.view.expert import SEVERITIES

    rows = [remark.to_json() | {"count": 1, "first_packet": None} for remark in general]
    rows += [r.to_json() | {"count": n, "first_packet": first[r]} for r, n in seen.items()]
    rows.sort(key=lambda row: (-SEVERITIES.index(row["severity"]), row["first_packet"] or 0))
    return rows


def _print_expert(rows: list[dict[str, Any]], style: Any) -> None:
    from perc_scapy.view.table import table

    if not rows:
        print("nothing to remark")
        return
    cells = [[r["severity"], r["count"], r["first_packet"], r["text"]] for r in rows]
    for line in table(["severity", "times", "first in", "remark"], cells, style):
        print(line)

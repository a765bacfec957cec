# SPDX-License-Identifier: GPL-2.0-only
"""Packets on standard output: lines, trees and octets for people; objects, columns and documents for programs."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from perc_scapy.cli.dissect import follow
from perc_scapy.cli.dissect.source import Source
from perc_scapy.cli.options import naming

if TYPE_CHECKING:
    from perc_scapy.view.packets import PacketView
    from perc_scapy.view.style import Style


def packets(args: argparse.Namespace) -> int:
    """Show what the options choose, in the form that they choose."""
    with Source(args) as source:
        form = FORMS[args.form]
        if args.follow is not None and args.form == "text" and not (args.verbose or args.hex):
            form = follow.lines
        for line in form(args, source):
            print(line)
        return source.finish()


def _text(args: argparse.Namespace, source: Source) -> Iterator[str]:
    from perc_scapy.cli.demo import terminal_style

    style = terminal_style()
    for view in source.views():
        yield line_of(view, source.start, style)
        yield from details(view, args, style)


def details(view: PacketView, args: argparse.Namespace, style: Style) -> Iterator[str]:
    """What -v and -x add."""
    if args.verbose:
        from perc_scapy.view.tree import tree

        yield from tree(view, style, secrets=args.show_keys)
    if args.hex:
        from perc_scapy.view.hexdump import packet_dump

        yield from (f"    {line}" for line in packet_dump(view, secrets=args.show_keys))


def line_of(view: PacketView, start: float, style: Style) -> str:
    """Number, seconds since the first packet, addresses, protocols that matter, summary, the gravest remark."""
    from perc_scapy.view.expert import worst

    ends = f"{view.src} {style.glyphs.to} {view.dst}" if view.src else ""
    grave = worst(view.expert)
    tone = "note" if grave is not None and grave.severity == "note" else "bad"
    fault = "" if grave is None else style.paint(f"  [{grave}]", tone)  # type: ignore[arg-type]
    time = f"{view.time - start:10.6f}"
    return f"{view.number:>6} {style.paint(time, 'dim')}  {ends:<34} {view.summary}{fault}"


def _json(args: argparse.Namespace, source: Source) -> Iterator[str]:
    from perc_scapy.view.trees import json_line

    head: dict[str, int] | None = {"schema": 1}
    for view in source.views():
        yield json_line(view, secrets=args.show_keys, ranges=args.verbose, head=head)
        head = None


def _fields(args: argparse.Namespace, source: Source) -> Iterable[str]:
    from perc_scapy.view.columns import Columns, Form

    form = Form()
    with naming("-E"):
        for option in args.columns:
            form.set(option)
    with naming("-e"):
        columns = Columns(args.fields, form, secrets=args.show_keys)
    return columns.lines(source.views())


def _bulk(args: argparse.Namespace, source: Source) -> Iterator[str]:
    from perc_scapy.view.columns import bulk_lines

    for view in source.views():
        yield from bulk_lines(view, secrets=args.show_keys)


FORMS = {"text": _text, "json": _json, "fields": _fields, "ek": _bulk}

# SPDX-License-Identifier: GPL-2.0-only
"""Compare two captures of what should be the same conversation, and say where they part first.

Messages and packets are aligned by what is said, not by time or address: the tunnel's handshake and messages, each
participant's handshake, each stream at each hop. Fields that differ in every run (random octets, ids, keys, counters)
are left out; --show GROUP compares such a group too. A damaged capture is compared up to the damage.
Exit code 0: no difference; 1: they part, or one is damaged.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys
from perc_scapy.cli.reading import read_whole, tell_damage
from perc_scapy.cli.terminal import printable

if TYPE_CHECKING:
    from perc_scapy.compare.parting import Comparison, Parting

_SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", type=Path, metavar="A", help="capture to compare with")
    parser.add_argument("b", type=Path, metavar="B", help="capture that is compared")
    add_keys(parser)
    parser.add_argument("--show", action="append", default=[], metavar="GROUP",
                        help="compare these volatile fields too: " + ", ".join(_groups()))  # fmt: skip
    parser.add_argument("--mask", action="append", default=[], metavar="PATTERN",
                        help="leave fields out whose path matches, such as '*.extensions*'")  # fmt: skip
    parser.add_argument(
        "--all", action="store_true", help=f"all differences, not the first {_SHOWN}"
    )
    add_json(parser)


def _groups() -> list[str]:
    from perc_scapy.compare.masks import VOLATILE

    return list(VOLATILE)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.compare.masks import VOLATILE, Masks
    from perc_scapy.compare.parting import compare
    from perc_scapy.errors import ConfigError

    for group in args.show:
        if group not in VOLATILE:
            raise ConfigError(f"--show {group}: no such group; there are {', '.join(VOLATILE)}")
    masks = Masks(args.show, args.mask)
    a, b = (read_whole(path, args) for path in (args.a, args.b))
    found = compare(a.analysis, b.analysis, masks)
    _print_json(found) if args.json else _print(found, args)
    damaged = [
        tell_damage("diff", path, whole.packets, whole.damage)
        for path, whole in ((args.a, a), (args.b, b))
    ]
    return ExitCode.OK if found.equal and not any(damaged) else ExitCode.FINDING


def _print_json(found: Comparison) -> None:
    head = {"schema": 1, "equal": found.equal, "compared": found.compared}
    print(json.dumps(head))
    for parting in found.partings:
        print(json.dumps(parting.to_json()))


def _print(found: Comparison, args: argparse.Namespace) -> None:
    print(f"A {printable(args.a)}\nB {printable(args.b)}")
    if found.first is None:
        print(f"{found.compared} messages and packets compared: no difference")
        return
    print(
        f"{found.compared} messages and packets are in both; places where they part: "
        f"{len(found.partings)}. From the first on:"
    )
    shown = found.partings if args.all else found.partings[:_SHOWN]
    for parting in shown:
        _print_one(parting)
    if len(shown) < len(found.partings):
        print(f"and {len(found.partings) - len(shown)} more (--all)")


def _print_one(parting: Parting) -> None:
    places = [
        f"{side} packet {n}"
        for side, n in (("A", parting.packet_a), ("B", parting.packet_b))
        if n is not None
    ]
    print(f"\n{parting.lane}: {parting.kind} ({', '.join(places)})")
    if not parting.fields:
        more = f", and {parting.count - 1} after it" if parting.count > 1 else ""
        print(f"    only in {'A' if parting.packet_b is None else 'B'}{more}")
    for difference in parting.fields[:_SHOWN]:
        a, b = difference.names
        print(
            f"    {difference.path}\n        A {a or difference.a}\n        B {b or difference.b}"
        )

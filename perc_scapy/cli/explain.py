# SPDX-License-Identifier: GPL-2.0-only
"""Say why something in a capture did not open or did not come about.

A packet that fails is tried again under named hypotheses: halves or directions swapped, other salts, key derivations,
IVs, authenticated data, rollover counters, OHBs, earlier forms of EKT fields and tunnel messages.
What authenticates is the cause, told with the clause that has it right. Where no hypothesis fits, or something is
missing, that is said too. Exit code 0: nothing to explain; 1: causes found, or the file is damaged; 4: keys or packets
are missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys
from perc_scapy.cli.reading import read_whole, tell_damage
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.explain.cause import Explanation

_SHOWN = 8
"""Packet numbers printed of one cause."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", type=Path, metavar="CAPTURE")
    add_keys(parser)
    parser.add_argument("--packet", "-n", type=int, action="append", metavar="N",
                        help="only this packet, also when it opens; may be given several times")  # fmt: skip
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.explain.report import explain, explain_packet

    analysis, packets, damage = read_whole(args.capture, args)
    damaged = tell_damage("explain", args.capture, packets, damage)
    if args.packet is None:
        found = explain(analysis, _progress())
    else:
        for number in args.packet:
            if not 1 <= number <= packets:
                raise ConfigError(f"no packet {number}; the capture has {packets}")
        found = [e for number in args.packet for e in explain_packet(analysis, number)]
    _print_json(found) if args.json else _print(found, args.packet)
    return _exit_code(found) or damaged


def _progress() -> Callable[[int, int], None]:
    """A line on a terminal while packets are searched."""
    shown = sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if shown and done % 50 == 0:
            end = "\r" if done < of - 50 else "\n"
            print(f"{done} of {of} closed packets", end=end, file=sys.stderr, flush=True)

    return tell


def _exit_code(found: Iterable[Explanation]) -> ExitCode:
    from perc_scapy.explain.cause import FOUND, MISSING, UNKNOWN

    kinds = {explanation.cause.kind for explanation in found}
    if kinds & {FOUND, UNKNOWN}:
        return ExitCode.FINDING
    return ExitCode.UNDECIDABLE if MISSING in kinds else ExitCode.OK


def _print_json(found: Iterable[Explanation]) -> None:
    head: dict[str, object] = {"schema": 1}
    for explanation in found:
        print(json.dumps(head | explanation.to_json()))
        head = {}


def _print(found: list[Explanation], asked: list[int] | None) -> None:
    if not found:
        what = (
            "nothing to explain"
            if asked is None
            else "no SRTP, SRTCP or tunnel message that failed"
        )
        print(f"{what}: everything that can be opened with these keys opens")
        return
    for explanation in found:
        _print_one(explanation)


def _print_one(explanation: Explanation) -> None:
    cause = explanation.cause
    print(f"{cause.subject}: {cause.text}")
    if cause.clause:
        print(f"    see     {cause.clause}")
    if explanation.where:
        print(f"    where   {explanation.where}")
    if explanation.packets:
        print(f"    packets {_numbers(explanation.packets)}")
    if cause.tried > 1:
        print(f"    tried   {cause.tried} hypotheses")


def _numbers(packets: list[int]) -> str:
    more = f" and {len(packets) - _SHOWN} more" if len(packets) > _SHOWN else ""
    return ", ".join(map(str, packets[:_SHOWN])) + more

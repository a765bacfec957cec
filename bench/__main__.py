# SPDX-License-Identifier: GPL-2.0-only
"""`make bench`: all tables, or the ones named: `python -m bench [--packets N] decode hop joins floor columns …`."""

from __future__ import annotations

import importlib
import sys

from bench import machine
from bench.measure import Row, table

ALL = ("decode", "hop", "joins", "floor", "columns", "decrypt", "trees")
OTHERS = ("memory",)
"""Measured only when named."""
LARGE = {"columns", "decrypt", "trees", "memory"}
"""Tables over captures, whose size may be chosen."""


def main(names: list[str]) -> int:
    """Print one table. Exit code 0 whatever it says: a figure is reported, never asserted; 2 for an unknown name."""
    packets, names = _packets(names)
    unknown = sorted(set(names) - {*ALL, *OTHERS})
    if unknown or packets == 0:
        there = ", ".join((*ALL, *OTHERS))
        print(f"bench: no table {', '.join(unknown)}; there are {there}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or ALL:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        module = importlib.import_module(f"bench.{name}")
        if packets is not None and hasattr(module, "PACKETS") and name in LARGE:
            module.PACKETS = packets
        rows += module.rows()
    print("\n".join([*machine.lines(), "", table(rows)]))
    return 0


def _packets(arguments: list[str]) -> tuple[int | None, list[str]]:
    """`--packets N` in front: for tables over captures. 0 when N is no number."""
    if arguments[:1] != ["--packets"]:
        return None, arguments
    number = arguments[1] if len(arguments) > 1 else ""
    return int(number) if number.isdecimal() else 0, arguments[2:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

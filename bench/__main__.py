# SPDX-License-Identifier: GPL-2.0-only
"""`make bench`: all tables, or the ones named: `python -m bench decode hop joins floor`."""

from __future__ import annotations

import importlib
import sys

from bench import machine
from bench.measure import Row, table

ALL = ("decode", "hop", "joins", "floor")


def main(names: list[str]) -> int:
    """Print one table. Exit code 0 whatever it says: a figure is reported, never asserted; 2 for an unknown name."""
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        print(f"bench: no table {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or ALL:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").rows()
    print("\n".join([*machine.lines(), "", table(rows)]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: GPL-2.0-only
"""`make bench`: all tables, or the ones named: `python -m bench decode hop joins`."""

from __future__ import annotations

import importlib
import sys

from bench.measure import Row, table

ALL = ("decode", "hop", "joins")


def main(names: list[str]) -> int:
    """Print one table; the exit code is 0: a figure is reported, never asserted."""
    rows: list[Row] = []
    for name in names or ALL:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").rows()
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: GPL-2.0-only
"""`python -m soak [RUN …] [--count N] [--seed N] [--only NAME]`: exit code 1 when something went wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from soak.run import conversations, files, packets
from soak.watch import Watch

RUNS: dict[str, tuple[Callable[..., None], int]] = {
    "packets": (packets, 600_000),
    "conversations": (conversations, 400_000),
    "files": (files, 10_000),
}
"""Name -> what runs, and how many mutants without `--count`."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=", ".join(RUNS))
    parser.add_argument("--count", type=int, help="mutated packets or files of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", help="start from this capture only")
    args = parser.parse_args()
    bad = 0
    for name in args.runs or RUNS:
        run, count = RUNS[name]
        bad += _one(name, run, args.count or count, args)
    return 1 if bad else 0


def _one(name: str, run: Callable[..., None], count: int, args: argparse.Namespace) -> int:
    watch, start = Watch(), time.monotonic()
    only = set(args.only) if args.only else None

    def tell(done: int) -> None:
        rate = done / max(time.monotonic() - start, 0.001)
        line = f"{name}: {done} of {count}, {rate:.0f}/s, {len(watch.failures)} failures, +{watch.grown() >> 20} MiB"
        print(line, file=sys.stderr, flush=True)

    run(count, args.seed, watch, only, tell)
    watch.check_memory()
    tell(count)
    for failure in watch.failures:
        print(f"--- {failure}")
    return len(watch.failures)


if __name__ == "__main__":
    sys.exit(main())

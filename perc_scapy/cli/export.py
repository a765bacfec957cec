# SPDX-License-Identifier: GPL-2.0-only
"""Turn many captures into Parquet tables for DuckDB, Polars or pandas.

OUT gets the folders packets, associations, streams, findings and errors, each with one file a capture, and
manifest.json. A capture is a file or is found below a folder; key logs (*.keylog) and keys.toml beside it are used as
if given with -k. What was exported before, and is the same still, is not done again. A capture that cannot be read,
or that ends a worker, is a row of the table errors; the others are done. No table holds a key.
Exit codes: 0 all exported, 1 some were damaged or failed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys
from perc_scapy.cli.progress import Progress

if TYPE_CHECKING:
    from perc_scapy.tables.export import Step

SKIPPED = "unchanged"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("captures", type=Path, nargs="+", metavar="CAPTURE",
                        help="capture files, or folders of them")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT",
                        help="folder for the tables; may hold those of an earlier run")  # fmt: skip
    add_keys(parser)
    parser.add_argument("--engine", type=_engine, default="local", metavar="ENGINE",
                        help="local (default: processes of this machine), dask (a cluster of this machine) or "
                        "dask=ADDRESS (tcp://HOST:PORT of a scheduler)")  # fmt: skip
    parser.add_argument("--workers", type=_workers, metavar="N",
                        help="processes; 0: everything in this one; default: one for each processor")  # fmt: skip
    parser.add_argument("--tables", type=_tables, metavar="NAMES",
                        help="only these, separated by commas (errors are always written)")  # fmt: skip
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction, default=True,
                        help="leave captures alone that did not change since they were exported (default)")  # fmt: skip
    add_json(parser)


def _engine(text: str) -> str:
    kind, given, address = text.partition("=")
    if kind not in ("local", "dask") or (given and (kind == "local" or not address)):
        raise argparse.ArgumentTypeError(f"{text!r} is not local, dask or dask=ADDRESS")
    return text


def _workers(text: str) -> int:
    if not text.isdecimal() or int(text) > 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1024")
    return int(text)


def _tables(text: str) -> tuple[str, ...]:
    from perc_scapy.tables.schema import TABLES

    names = tuple(text.split(","))
    for name in names:
        if name not in TABLES:
            raise argparse.ArgumentTypeError(f"no table {name!r}; there are {', '.join(TABLES)}")
    return names


def run(args: argparse.Namespace) -> int:
    from perc_scapy.tables.extras import need

    need("pyarrow")  # before anything is read
    from perc_scapy.tables.engines import make_engine
    from perc_scapy.tables.export import export, plan
    from perc_scapy.tables.schema import TABLES

    jobs = plan(args.captures, args.output, args.keys, args.tables or TABLES)
    counts: Counter[str] = Counter()
    with Progress(len(jobs), sys.stderr) as progress:
        engine = make_engine(args.engine, args.workers)
        for step in export(jobs, args.output, engine, resume=args.resume):
            status = SKIPPED if step.report is None else step.report.status
            progress.step(step.job.name, _line(step), ok=status in ("done", SKIPPED))
            if args.json:
                _print_json(step, first=not counts)
            counts[status] += 1
    return _finish(counts, args.output)


def _line(step: Step) -> str:
    """One capture in words."""
    report = step.report
    if report is None:
        return SKIPPED
    text = f"{report.packets:,} packets" if report.packets else ""
    if report.status != "done":
        text = f"{text}; " * bool(text) + report.status
    return f"{text}: {report.text}" if report.text else text or "no packets"


def _print_json(step: Step, *, first: bool) -> None:
    report = step.report
    found: dict[str, object] = {"schema": 1} if first else {}
    found |= {"capture": step.job.name, "status": SKIPPED if report is None else report.status}
    if report is not None:
        found |= {"packets": report.packets, "rows": report.rows, "text": report.text}
    print(json.dumps(found), flush=True)


def _finish(counts: Counter[str], folder: Path) -> int:
    bad = {name: n for name, n in counts.items() if name not in ("done", SKIPPED)}
    said = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
    print(f"{sum(counts.values())} captures: {said}; tables in {folder}", file=sys.stderr)
    if bad:
        print(f"what went wrong is in {folder / 'errors'}", file=sys.stderr)
        return ExitCode.FINDING
    return ExitCode.OK

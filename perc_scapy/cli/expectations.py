# SPDX-License-Identifier: GPL-2.0-only
"""`perc check --expect`: captures against the expect.json beside each, `--update` to rewrite it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.conform.cases import Case
    from perc_scapy.golden.folder import Outcome

FORMATS = ("text", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `perc check` that are about expectations."""
    parser.add_argument("--expect", action="store_true",
                        help="compare with the expect.json beside each capture, instead of judging alone")  # fmt: skip
    parser.add_argument("--update", action="store_true",
                        help="with --expect: rewrite those that differ, and show what changed")  # fmt: skip
    parser.add_argument("--mask", action="append", default=[], metavar="MASK",
                        help="with --expect: a group or pattern of fields that may differ (default: 'default'; "
                        "docs/golden.md)")  # fmt: skip


def run(cases: Iterable[Case], args: argparse.Namespace) -> int:
    """0 when every capture shows what it should, or its expectation was rewritten; else 1. Raises `ConfigError`."""
    if args.format not in FORMATS:
        raise ConfigError(f"--expect writes {' or '.join(FORMATS)}; for JUnit run it by pytest")
    outcomes = list(_outcomes(cases, args))
    shown = _json(outcomes) if args.format == "json" else _text(outcomes)
    text = "".join(f"{line}\n" for line in shown)
    if args.output is None:
        sys.stdout.write(text)
    else:
        args.output.write_text(text, "utf-8")
    return ExitCode.OK if all(outcome.ok for _, outcome in outcomes) else ExitCode.FINDING


def _outcomes(cases: Iterable[Case], args: argparse.Namespace) -> Iterator[tuple[str, Outcome]]:
    from perc_scapy.conform.cases import STDIN
    from perc_scapy.golden.folder import check_case, open_case
    from perc_scapy.golden.masks import DEFAULT

    for case in cases:
        if str(case.trace) == STDIN or not case.trace.is_file():
            raise ConfigError("--expect needs a file: what is expected lies beside it")
        opened = open_case(case, args.keys)
        yield case.name, check_case(opened, masks=args.mask or DEFAULT, update=args.update)


def _text(outcomes: list[tuple[str, Outcome]]) -> Iterator[str]:
    for name, outcome in outcomes:
        if outcome.ok and not outcome.written:
            yield f"{name}: as expected"
        else:
            yield from outcome.lines()
    bad = sum(not outcome.ok for _, outcome in outcomes)
    yield f"{len(outcomes)} captures, " + (f"{bad} not as expected" if bad else "all as expected")


def _json(outcomes: list[tuple[str, Outcome]]) -> Iterator[str]:
    for number, (name, outcome) in enumerate(outcomes):
        value = {
            "capture": name,
            "ok": outcome.ok,
            "written": outcome.written,
            "missing": outcome.missing,
            "differences": [
                {"path": d.path, "expected": d.expected, "seen": d.seen, "packet": d.packet}
                for d in outcome.differences
            ],
        }
        yield json.dumps(({"schema": 1} if not number else {}) | value)

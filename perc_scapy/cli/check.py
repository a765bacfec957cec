# SPDX-License-Identifier: GPL-2.0-only
"""Judge captures by the requirements of the PERC documents, DTLS-SRTP and SRTP.

Each requirement passes, fails (packet, clause, what was expected, what was seen) or was not exercised. CAPTURE is a
file or a folder; key logs (*.keylog) and keys.toml beside a capture are used as if given with -k. Exit codes: 0 nothing
failed, 1 something did, 3 a rule itself broke down, 4 nothing could be judged for want of keys
(of RTP without any DTLS handshake: only where there is nothing else).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode, expectations
from perc_scapy.cli.options import add_keys, open_keys
from perc_scapy.cli.terminal import printable
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.conform import Report
    from perc_scapy.conform.cases import Case
    from perc_scapy.conform.forms.text import Paint
    from perc_scapy.conform.waivers import Waiver

FORMATS = ("text", "json", "junit", "sarif")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("captures", type=Path, nargs="*", metavar="CAPTURE",
                        help="capture files, or folders of them")  # fmt: skip
    add_keys(parser)
    parser.add_argument("--fail-on", choices=("must", "should"), default="must",
                        help="the level from which on a failure fails the run (default: must, which "
                        "includes what is implied)")  # fmt: skip
    parser.add_argument("--only", action="append", default=[], metavar="ID",
                        help="judge these ids alone; patterns as EKT-* are allowed")  # fmt: skip
    _configure_baseline(parser)
    expectations.configure(parser)
    parser.add_argument(
        "--explain", metavar="ID", help="what one requirement says, and how it is judged"
    )
    parser.add_argument(
        "--list", action="store_true", help="every id that is judged, with its level"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("--json", dest="format", action="store_const", const="json",
                        help="the same as --format json")  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write there, not to stdout"
    )
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="also what passed, and why something was not exercised")  # fmt: skip


def _configure_baseline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--baseline", type=Path, metavar="FILE.toml",
                        help="known failures, each with a reason and the day on which it expires")  # fmt: skip
    parser.add_argument("--update-baseline", action="store_true",
                        help="add what fails now to the baseline; needs --reason and --expires")  # fmt: skip
    parser.add_argument("--reason", metavar="TEXT", help="why, for --update-baseline")
    parser.add_argument("--expires", type=_day, metavar="YYYY-MM-DD", help="until when")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day (YYYY-MM-DD)") from None


def run(args: argparse.Namespace) -> int:
    from perc_scapy.conform.cases import find_cases
    from perc_scapy.conform.explain import explain, listing

    if args.explain or args.list:
        print("\n".join(explain(args.explain) if args.explain else listing()))
        return ExitCode.OK
    if not args.captures:
        raise ConfigError("which capture? (a file or a folder, or --list or --explain ID)")
    if args.update and not args.expect:
        raise ConfigError("--update rewrites expectations: it needs --expect")
    if args.expect:
        return expectations.run(find_cases(args.captures), args)
    cases, waivers = find_cases(args.captures), _waivers(args)
    whole = [_judge(case, args) for case in cases]
    reports, unused = _waive([report for report, _ in whole], waivers)
    if args.update_baseline:
        _update(args, reports, waivers)
        reports, unused = _waive(reports, _waivers(args))
    _write(reports, cases, args)
    _tell(reports, unused)
    return exit_code(reports, args.fail_on, damaged=not all(ok for _, ok in whole))


def _judge(case: Case, args: argparse.Namespace) -> tuple[Report, bool]:
    """(report, whether the file was whole)."""
    from perc_scapy.capture.analysis import analyse
    from perc_scapy.conform import judge
    from perc_scapy.pcap.reader import open_capture

    with open_capture(case.trace) as capture:
        analysis = analyse(capture, _keys(case, args))
    if capture.damage is not None:
        _say(f"{case.trace}: damaged: {capture.damage}; judged up to there")
    return judge(analysis, case.name, _ids(args.only)), capture.damage is None


def _keys(case: Case, args: argparse.Namespace) -> Keyring:
    """Those beside the capture and those of -k; the environment is asked where there are neither."""
    if not case.keys:
        return open_keys(args)
    from perc_scapy.capture.keyring import Keyring

    ring = Keyring.of(args.keys)
    for remark in ring.add_beside(case.keys):
        _say(remark)
    return ring


def _ids(patterns: list[str]) -> list[str] | None:
    from perc_scapy.conform import rule_book

    if not patterns:
        return None
    chosen = [id_ for id_ in rule_book() if any(fnmatchcase(id_, p) for p in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(id_, pattern) for id_ in chosen):
            raise ConfigError(
                f"--only {pattern}: no such id is judged; perc check --list shows all"
            )
    return chosen


# -- baselines


def _waivers(args: argparse.Namespace) -> list[Waiver]:
    from perc_scapy.conform.waivers import read_waivers

    if args.baseline is None:
        return []
    if args.update_baseline and not args.baseline.exists():
        return []
    try:
        return read_waivers(args.baseline.read_text("utf-8"), str(args.baseline))
    except UnicodeDecodeError:
        raise ConfigError(f"{args.baseline}: not UTF-8") from None


def _waive(reports: Iterable[Report], waivers: list[Waiver]) -> tuple[list[Report], list[Waiver]]:
    from perc_scapy.conform.waivers import apply

    return apply(reports, waivers, today())


def today() -> date:
    """The day by which waivers expire."""
    return datetime.now(UTC).date()


def _update(args: argparse.Namespace, reports: list[Report], known: list[Waiver]) -> None:
    from perc_scapy.conform.waivers import new_waivers

    if args.baseline is None or not args.reason or args.expires is None:
        raise ConfigError(
            "--update-baseline needs --baseline FILE, --reason TEXT and --expires DAY"
        )
    fresh = new_waivers(reports, known, args.reason, args.expires)
    with args.baseline.open("a", encoding="utf-8") as file:
        file.writelines("\n" + waiver.to_toml() for waiver in fresh)
    _say(f"{args.baseline}: {len(fresh)} waivers added")


# -- what comes out


def _write(reports: list[Report], cases: list[Case], args: argparse.Namespace) -> None:
    text = _render(reports, cases, args)
    if args.output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        args.output.write_text(text, "utf-8")


def _render(reports: list[Report], cases: list[Case], args: argparse.Namespace) -> str:
    from perc_scapy.conform.forms import junit, machine, sarif, text

    if args.format == "json":
        return machine.render(reports)
    if args.format == "junit":
        return junit.render(reports)
    if args.format == "sarif":
        return sarif.render(reports, {case.name: str(case.trace) for case in cases})
    paint = text.plain if args.output else _painter()
    shown = text.render(reports, verbose=args.verbose, paint=paint)
    return shown + (text.verdict(reports) + "\n" if len(reports) > 1 else "")


def _painter() -> Paint:
    from perc_scapy.cli.demo import terminal_style

    return terminal_style().paint


def _tell(reports: list[Report], unused: list[Waiver]) -> None:
    for waiver in unused:
        _say(f"waiver without a failure: {waiver}")
    for report in reports:
        for error in report.errors:
            _say(f"{report.name}: the rule of {error.id} broke down: {error.error}")
        if report.undecidable:
            _say(f"{report.name}: undecided, {report.why_undecidable}")


def _say(text: str) -> None:
    print(f"perc check: {printable(text)}", file=sys.stderr)


def exit_code(reports: list[Report], fail_on: str, *, damaged: bool = False) -> ExitCode:
    """What the shell sees of several reports: the gravest, a failure before all else."""
    levels = {"MUST", "implied"} | ({"SHOULD"} if fail_on == "should" else set())
    failed = (r.level in levels and not r.waived for report in reports for r in report.failures)
    if damaged or any(failed):
        return ExitCode.FINDING
    if any(report.errors for report in reports):
        return ExitCode.ENVIRONMENT
    open_ = [report for report in reports if report.undecidable]
    closed = any(report.missing for report in open_)  # RTP in clear beside what was judged is none
    return ExitCode.UNDECIDABLE if closed or (open_ and open_ == reports) else ExitCode.OK

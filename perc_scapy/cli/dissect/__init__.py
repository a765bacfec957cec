# SPDX-License-Identifier: GPL-2.0-only
"""Show the packets of a capture (pcap, pcapng), one line each, with what was decrypted in brackets.

Keys come from the capture's own Decryption Secrets Blocks and from -k (NSS key log, or TOML tables of stated keys).
They open DTLS, the tunnel messages inside, the DTLS inside those, and both layers of SRTP. Key octets are never shown
unless --show-keys says so. A damaged file is shown up to the damage; the exit code is then 1.

  -Y 'tunnel.type == 2 and not expert.warning'     only these packets (--fields lists the names)
  -T fields -e frame.number -e rtp.ssrc            columns
  --ladder  --stats  --expert  --follow A          what the whole capture tells
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.view.filters import FilterError

FORMS = ("text", "json", "fields", "ek")
TUNNELS = ("auto", "draft00", "rfc9185")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", metavar="CAPTURE", nargs="?", help="- is standard input")
    add_keys(parser)
    _add_selection(parser)
    _add_forms(parser)
    _add_reading(parser)
    _add_reports(parser)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", "--number", type=_numbers, action="append", metavar="N",
                        help="only this packet, or N-M; may be given several times")  # fmt: skip
    parser.add_argument("-Y", "--filter", metavar="EXPR",
                        help="only packets that a display filter lets pass")  # fmt: skip
    parser.add_argument("--follow", metavar="ASSOCIATION",
                        help="only one association at all hops, as a conversation: its letter, its number, "
                        "or how its association id or client random begins")  # fmt: skip


def _add_forms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "-V", "--verbose", action="store_true",
                        help="every field of every packet with its octets")  # fmt: skip
    parser.add_argument("-x", "--hex", action="store_true",
                        help="octets of every packet and of what was decrypted")  # fmt: skip
    parser.add_argument("-T", dest="form", choices=FORMS, default="text",
                        help="text; json: an object a line; fields: columns of -e; "
                        "ek: Elasticsearch bulk lines")  # fmt: skip
    parser.add_argument("-e", dest="fields", action="append", default=[], metavar="NAME",
                        help="a column of -T fields")  # fmt: skip
    parser.add_argument("-E", dest="columns", action="append", default=[], metavar="OPTION",
                        help="header=y|n, separator=C (/t tab, /s space), occurrence=f|l|a, aggregator=C, "
                        "quote=d|s|n")  # fmt: skip
    add_json(parser)
    parser.add_argument("--show-keys", action="store_true", help="print key octets too")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-d", "--decode-as", action="append", default=[], metavar="RULE",
                        help="read a port as something else: udp.port==5004,rtp")  # fmt: skip
    parser.add_argument("--tunnel", choices=TUNNELS, default="auto", help="version of tunnel messages")  # fmt: skip


def _add_reports(parser: argparse.ArgumentParser) -> None:
    reports = parser.add_mutually_exclusive_group()
    reports.add_argument("--ladder", action="store_true", help="the whole story as a ladder")
    reports.add_argument("--stats", action="store_true",
                         help="associations, streams, keys, loss, jitter, EKT cadence")  # fmt: skip
    reports.add_argument("--expert", action="store_true", help="all expert information, counted")
    reports.add_argument("--fields", dest="list_fields", action="store_true",
                         help="every name that -Y and -e know; needs no capture")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.svg", help="the ladder as a picture")  # fmt: skip


def _numbers(text: str) -> range:
    first, _, last = text.partition("-")
    ends = [first, last or first]
    if not all(end.isdecimal() for end in ends) or not 1 <= int(ends[0]) <= int(ends[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no packet number")
    return range(int(ends[0]), int(ends[1]) + 1)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.view.filters.errors import FilterError

    if args.json and args.form == "text":
        args.form = "json"
    _check(args)
    try:
        return _report(args)
    except FilterError as error:
        return _point(error)


def _check(args: argparse.Namespace) -> None:
    """Options that need one another."""
    if args.capture is None and not args.list_fields:
        raise ConfigError("which CAPTURE? (see perc dissect --help)")
    if args.output is not None and not args.ladder:
        raise ConfigError("-o is for --ladder")
    if (args.form == "fields") != bool(args.fields):
        raise ConfigError("-T fields and -e NAME belong together; --fields lists the names")


def _point(error: FilterError) -> int:
    """Shown as it was typed, with marks below the wrong token."""
    print(f"perc dissect: -Y: {error}", file=sys.stderr)
    print("\n".join(f"  {line}" for line in error.pointer.splitlines()), file=sys.stderr)
    return ExitCode.USAGE


def _report(args: argparse.Namespace) -> int:
    from perc_scapy.cli.dissect import printing, reports

    if args.list_fields:
        return reports.list_fields(as_json=args.form == "json")
    if args.ladder:
        return reports.ladder(args)
    if args.stats:
        return reports.stats(args)
    return reports.expert(args) if args.expert else printing.packets(args)

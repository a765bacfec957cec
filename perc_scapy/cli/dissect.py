# SPDX-License-Identifier: GPL-2.0-only
"""Show the packets of a capture (pcap, pcapng), one line each, with what was decrypted in brackets.

Keys come from the capture's own Decryption Secrets Blocks and from -k (NSS key log: CLIENT_RANDOM lines). They open
DTLS, the tunnel messages inside, the DTLS inside those, and both layers of SRTP. Key octets are never shown unless
--show-keys says so. A damaged file is shown up to the damage; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.capture.analysis import Analysis
    from perc_scapy.view.packets import PacketView
    from perc_scapy.view.style import Style


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", type=Path, metavar="CAPTURE")
    parser.add_argument("-k", "--keys", type=Path, action="append", default=[], metavar="KEYS",
                        help="key log; may be given several times")  # fmt: skip
    parser.add_argument("-n", "--number", type=_number, action="append", metavar="N",
                        help="only this packet; may be given several times")  # fmt: skip
    parser.add_argument("-V", "--verbose", action="store_true", help="every field of every packet")
    parser.add_argument("--show-keys", action="store_true", help="print key octets too")
    add_json(parser)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no packet number")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.capture.analysis import Analysis
    from perc_scapy.capture.keylog import KeyLog
    from perc_scapy.pcap.packets import datagrams
    from perc_scapy.pcap.reader import open_capture
    from perc_scapy.view.packets import view_all

    keylog = KeyLog()
    for path in args.keys:
        given = KeyLog()
        given.add_file(path)
        if not len(given):
            raise ConfigError(f"{path}: no CLIENT_RANDOM line in it")
        keylog.add_text(given.to_text())
    with open_capture(args.capture) as reader:
        frames = list(reader)
    for text in reader.secrets:
        keylog.add_text(text)
    _check_numbers(args.number or (), [frame.number for frame in frames])
    analysis = Analysis(datagrams(frames), keylog)
    wanted = [frame for frame in frames if args.number is None or frame.number in args.number]
    _print(view_all(analysis, wanted), frames[0].time if frames else 0.0, args)
    _tell_closed(closed(analysis) & {frame.number for frame in wanted})
    if reader.damage is not None:
        sys.stdout.flush()
        print(f"perc dissect: {args.capture}: damaged after packet {len(frames)}: {reader.damage}",
              file=sys.stderr)  # fmt: skip
        return ExitCode.FINDING
    return ExitCode.OK


def _check_numbers(wanted: Iterable[int], there: list[int]) -> None:
    for number in sorted(set(wanted) - set(there)):
        raise ConfigError(f"no packet {number}; the capture has {len(there)}")


def closed(analysis: Analysis) -> set[int]:
    """Numbers of the packets with protected content that no key at hand opens."""
    found = {
        seen.packet
        for session, _, _ in analysis.dtls_sessions()
        for seen in session.records
        if seen.record.epoch and seen.content is None
    }
    sealed = (m for m in analysis.media if m.opened.plain is None and not m.opened.repeat)
    return found | {m.number for m in sealed}


def _tell_closed(numbers: set[int]) -> None:
    if numbers:
        sys.stdout.flush()
        print(f"perc dissect: {len(numbers)} protected packets stayed closed; "
              "-k KEYS opens those whose secrets it has", file=sys.stderr)  # fmt: skip


def _print(views: Iterable[PacketView], start: float, args: argparse.Namespace) -> None:
    if args.json:
        _print_json(views, secrets=args.show_keys)
        return
    from perc_scapy.cli.demo import terminal_style
    from perc_scapy.view.tree import tree

    style = terminal_style()
    for view in views:
        print(_line(view, start, style))
        if args.verbose:
            for line in tree(view, style, secrets=args.show_keys):
                print(line)


def _print_json(views: Iterable[PacketView], *, secrets: bool) -> None:
    head: dict[str, int] = {"schema": 1}
    for view in views:
        print(json.dumps(head | view.to_json(secrets=secrets)))
        head = {}


def _line(view: PacketView, start: float, style: Style) -> str:
    """Number, seconds since the first packet, addresses, protocols that matter, summary, faults."""
    ends = f"{view.src} {style.glyphs.to} {view.dst}" if view.src else ""
    fault = style.paint(f"  [{view.expert[0]}]", "bad") if view.expert else ""
    time = f"{view.time - start:10.6f}"
    return f"{view.number:>6} {style.paint(time, 'dim')}  {ends:<34} {view.summary}{fault}"

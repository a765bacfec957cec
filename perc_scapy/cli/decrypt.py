# SPDX-License-Identifier: GPL-2.0-only
"""Write the RTP and RTCP of a capture in clear: as a capture for any tool (-o), as media files (--media), or both.

The new capture has the original addresses, ports, link layers and times. --layer both (the default) gives RTP packets
as their senders made them and leaves out packets of which only the hop-by-hop layer opens; --layer outer takes off
the hop-by-hop layer alone and writes what the MDD sees: the header and end-to-end ciphertext.

Files are made with mode 0600: they hold what was said. The exit code is 4 when nothing opened.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys, open_keys
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.capture.streaming import StreamedCapture, StreamedPacket
    from perc_scapy.plain.capture import PlainCapture

STANDARD_OUTPUT = "-"
EVERY = 10_000
"""Packets between two signs of progress."""


class _NothingOpened(Exception):
    """Leaves the block that writes, so that no empty file stays behind."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", type=Path, metavar="CAPTURE",
                        help="pcap or pcapng; - is standard input")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.pcapng", required=True,
                        help="the capture to write; - is standard output")  # fmt: skip
    parser.add_argument("--layer", choices=("both", "outer"), default="both",
                        help="what is taken off: both layers, or the hop-by-hop layer alone")  # fmt: skip
    add_keys(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.capture.streaming import StreamedCapture

    with StreamedCapture(args.capture, open_keys(args)) as capture:
        try:
            plain = _decrypt(capture, args)
        except _NothingOpened as nothing:
            print(f"perc decrypt: {nothing}", file=sys.stderr)
            return ExitCode.UNDECIDABLE
    _report(plain, args)
    if capture.damage is None:
        return ExitCode.OK
    print(f"perc decrypt: {args.capture}: damaged after packet {capture.packets}: {capture.damage}",
          file=sys.stderr)  # fmt: skip
    return ExitCode.FINDING


def _decrypt(capture: StreamedCapture, args: argparse.Namespace) -> PlainCapture:
    from perc_scapy.plain.capture import PlainCapture

    with _output(args.output) as stream:
        plain = PlainCapture(stream, args.layer, capture.interfaces)
        for packet in with_progress(capture):
            if packet.media is not None:
                plain.add(packet.frame, packet.media)
        if not plain.written.total():
            raise _NothingOpened(_why_nothing(capture, plain, args))
    return plain


@contextmanager
def _output(path: Path) -> Iterator[BinaryIO]:
    from perc_scapy.pcap.private import replacing

    if str(path) != STANDARD_OUTPUT:
        with replacing(path) as file:
            yield file
    elif sys.stdout.isatty():
        raise ConfigError("standard output is a terminal; give -o FILE or a pipe")
    else:
        yield sys.stdout.buffer


def with_progress(capture: StreamedCapture) -> Iterator[StreamedPacket]:
    """The packets; on a terminal, a line on stderr says how far it is."""
    shown = sys.stderr.isatty() and capture.packets > EVERY
    for packet in capture:
        if shown and packet.frame.number % EVERY == 0:
            done = 100 * packet.frame.number // capture.packets
            print(
                f"\rperc decrypt: {packet.frame.number} packets, {done} %", end="", file=sys.stderr
            )
        yield packet
    if shown:
        print("\r\033[K", end="", file=sys.stderr)


def _why_nothing(capture: StreamedCapture, plain: PlainCapture, args: argparse.Namespace) -> str:
    """One line: what stayed closed, why, and what to try."""
    if not plain.left_out:
        return f"{args.capture}: no SRTP or SRTCP packet in it"
    from perc_scapy.plain.layers import NO_INNER

    reasons = _reasons(plain)
    hints = [str(note) for note in capture.analysis.notes if note.severity != "note"][:3]
    if any(reason.startswith(NO_INNER) for reason in plain.left_out):
        hints.append("--layer outer writes what the MDD sees")
    elif not capture.keys:
        hints.append("-k KEYS gives keys")
    return "; ".join([f"{args.capture}: nothing opened: {reasons}", *hints])


def _reasons(plain: PlainCapture) -> str:
    return ", ".join(f"{n} packets: {reason}" for reason, n in plain.left_out.most_common(3))


def _report(plain: PlainCapture, args: argparse.Namespace) -> None:
    """What was written, on stdout unless the capture itself goes there."""
    out = sys.stderr if str(args.output) == STANDARD_OUTPUT else sys.stdout
    if args.json:
        found = {"schema": 1, "output": str(args.output), "layer": args.layer}
        counts = {"rtp": plain.written["rtp"], "rtcp": plain.written["rtcp"]}
        print(json.dumps(found | counts | {"left_out": dict(plain.left_out)}), file=out)
        return
    about = (
        "" if args.layer == "both" else " (what the MDD sees: payloads are end-to-end ciphertext)"
    )
    print(f"{args.output}: {plain.written['rtp']} RTP and {plain.written['rtcp']} RTCP packets{about}",
          file=out)  # fmt: skip
    if plain.left_out:
        print(f"left out: {_reasons(plain)}", file=out)

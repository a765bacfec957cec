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
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys, naming, open_keys
from perc_scapy.cli.terminal import printable
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.capture.streaming import StreamedCapture, StreamedPacket
    from perc_scapy.plain.capture import PlainCapture
    from perc_scapy.plain.folder import Made, MediaFolder

STANDARD_OUTPUT = "-"
EVERY = 10_000
"""Packets between two signs of progress."""


class _NothingOpened(Exception):
    """Leaves the block that writes, so that no empty file stays behind."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", type=Path, metavar="CAPTURE",
                        help="pcap or pcapng; - is standard input")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.pcapng",
                        help="the capture to write; - is standard output")  # fmt: skip
    parser.add_argument("--layer", choices=("both", "outer"), default="both",
                        help="what is taken off: both layers, or the hop-by-hop layer alone")  # fmt: skip
    parser.add_argument("--media", type=Path, metavar="DIR",
                        help="a media file of each stream: WAV, Ogg, H.264 or IVF")  # fmt: skip
    parser.add_argument("--payload", action="append", default=[], metavar="PT=CODEC[/RATE]",
                        help="what a payload type stands for: PCMU, PCMA, opus, H264 or VP8; may be given several "
                        "times; without it, payloads are looked at")  # fmt: skip
    parser.add_argument("--every-hop", action="store_true",
                        help="media files of what each receiver got, too")  # fmt: skip
    add_keys(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.capture.streaming import StreamedCapture

    if args.output is None and args.media is None:
        raise ConfigError("nothing to write; give -o OUT.pcapng, --media DIR or both")
    _spare_the_capture(args)
    codecs = _codecs(args)
    with StreamedCapture(args.capture, open_keys(args)) as capture:
        try:
            plain, files = _decrypt(capture, codecs, args)
        except _NothingOpened as nothing:
            print(f"perc decrypt: {printable(nothing)}", file=sys.stderr)
            return ExitCode.UNDECIDABLE
    _report(plain, files, args)
    if capture.damage is None:
        return ExitCode.OK
    print(f"perc decrypt: {printable(args.capture)}: damaged after packet {capture.packets}: {capture.damage}",
          file=sys.stderr)  # fmt: skip
    return ExitCode.FINDING


def _spare_the_capture(args: argparse.Namespace) -> None:
    """The new file would take the place of the only one that has the handshakes."""
    output = args.output
    if (
        output is not None
        and output.is_file()
        and args.capture.is_file()
        and output.samefile(args.capture)
    ):
        raise ConfigError(f"{output} is the capture itself; name another file")


def _codecs(args: argparse.Namespace) -> dict[int, str]:
    from perc_scapy.media.payload_types import parse_payload

    with naming("--payload"):
        return dict(map(parse_payload, args.payload))


def _decrypt(
    capture: StreamedCapture, codecs: dict[int, str], args: argparse.Namespace
) -> tuple[PlainCapture, list[Made]]:
    from perc_scapy.plain.capture import PlainCapture

    with ExitStack() as open_files:
        stream = open_files.enter_context(_output(args.output))
        media = (
            None if args.media is None else open_files.enter_context(_folder(capture, codecs, args))
        )
        plain = PlainCapture(stream, args.layer, capture.interfaces)
        for packet in with_progress(capture):
            if packet.media is not None:
                plain.add(packet.frame, packet.media)
                if media is not None:
                    media.add(packet.media)
        if plain.nothing_opened or not plain.written:
            raise _NothingOpened(_why_nothing(capture, plain, args))
        return plain, [] if media is None else media.finish()


def _folder(
    capture: StreamedCapture, codecs: dict[int, str], args: argparse.Namespace
) -> MediaFolder:
    from perc_scapy.plain.folder import MediaFolder
    from perc_scapy.plain.names import Names

    args.media.mkdir(mode=0o700, parents=True, exist_ok=True)
    return MediaFolder(args.media, Names(capture.analysis), codecs, every_hop=args.every_hop)


@contextmanager
def _output(path: Path | None) -> Iterator[BinaryIO]:
    from perc_scapy.pcap.private import replacing

    if path is None:
        with open(os.devnull, "wb") as nowhere:
            yield nowhere
    elif str(path) != STANDARD_OUTPUT:
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
        hints.append("-k FILE gives keys")
    return "; ".join([f"{args.capture}: nothing opened: {reasons}", *hints])


def _reasons(plain: PlainCapture) -> str:
    return ", ".join(f"{_counted(n)}: {reason}" for reason, n in plain.left_out.most_common(3))


def _report(plain: PlainCapture, files: list[Made], args: argparse.Namespace) -> None:
    """What was written, on stdout unless the capture itself goes there."""
    out = sys.stderr if str(args.output) == STANDARD_OUTPUT else sys.stdout
    lines = _json_lines if args.json else _lines
    for line in lines(plain, files, args):
        print(line, file=out)


def _json_lines(plain: PlainCapture, files: list[Made], args: argparse.Namespace) -> Iterator[str]:
    """The capture, then one object for each stream."""
    output = None if args.output is None else str(args.output)
    counts = {"rtp": plain.written["rtp"], "rtcp": plain.written["rtcp"]}
    head = {"schema": 1, "output": output, "layer": args.layer}
    yield json.dumps(
        head | counts | {"ciphertexts": plain.ciphertexts, "left_out": dict(plain.left_out)}
    )
    for made in files:
        path = None if made.path is None else str(made.path)
        yield json.dumps(made._asdict() | {"path": path, "seconds": round(made.seconds, 3)})


def _lines(plain: PlainCapture, files: list[Made], args: argparse.Namespace) -> Iterator[str]:
    if args.output is not None:
        about = (
            "" if args.layer == "both" else "; payloads are ciphertext, this is what the MDD sees"
        )
        counts = f"{plain.written['rtp']} RTP and {plain.written['rtcp']} RTCP packets"
        yield f"{args.output}: {counts}{about}"
    for made in files:
        yield _file_line(made)
    if plain.left_out:
        yield f"left out: {_reasons(plain)}"


def _about_ciphertext(plain: PlainCapture) -> str:
    if not plain.ciphertexts:
        return ""
    return f"; {_counted(plain.ciphertexts)} of end-to-end ciphertext: this is what the MDD sees"


def _counted(number: int) -> str:
    return f"{number} packet{'' if number == 1 else 's'}"


def _file_line(made: Made) -> str:
    holes = "".join(
        f", {number} {word}"
        for number, word in ((made.lost, "lost"), (made.dropped, "left out"))
        if number and made.path is not None
    )
    if made.path is None:
        sender = f" of {made.sender}" if made.sender else ""
        return f"no file of SSRC {made.ssrc:08x}{sender}: {made.note} ({_counted(made.packets)})"
    return f"{made.path}: {made.codec}, {made.seconds:.1f} s, {_counted(made.packets)}{holes}"

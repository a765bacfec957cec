# SPDX-License-Identifier: GPL-2.0-only
"""The secrets of a capture: list them by safe names, add, extract or strip them, share what they opened without them.

  list     what secrets a capture or a key file holds, and what each of them opens; key octets are never shown
  add      key logs into a capture: its own sessions' lines alone, unless --all
  extract  the key logs inside a capture as a file
  strip    the capture without any secrets; --anonymize replaces addresses, names and certificates too
  share    decrypted tunnel messages and handshakes as a capture of exported PDUs, keys zeroed

Files are made with mode 0600.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json, add_keys, open_keys
from perc_scapy.cli.terminal import printable
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.keys.blocks import Block
    from perc_scapy.keys.listing import Entry

STANDARD_STREAM = "-"
SEED = 32
"""Octets of the seed of stand-ins, which nobody keeps."""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, text: str, *, output: str = "") -> argparse.ArgumentParser:
        found = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
        found.add_argument("capture", type=Path, metavar="CAPTURE", help="- is standard input")
        if output:
            found.add_argument("-o", "--output", type=Path, required=True, metavar=output)
            found.add_argument("--json", action="store_true",
                               help="one object on stdout that says what was written")  # fmt: skip
        return found

    listing = action("list", "list secrets by safe names, and what they open")
    add_keys(listing)
    add_json(listing)
    adding = action("add", "put key logs into a capture", output="OUT.pcapng")
    add_keys(adding)
    adding.add_argument("--all", action="store_true", help="lines of other sessions too")
    action("extract", "write the key logs inside a capture; -o - prints them", output="OUT.log")
    strip = action("strip", "leave out all secrets", output="OUT.pcapng")
    strip.add_argument("--anonymize", action="store_true",
                       help="replace addresses, names and certificates, each by the same stand-in")  # fmt: skip
    strip.add_argument("--map", type=Path, metavar="FILE",
                       help="with --anonymize: write which address became which, for you alone")  # fmt: skip
    share = action("share", "decrypted messages as exported PDUs", output="OUT.pcapng")
    add_keys(share)
    share.add_argument("--show-keys", action="store_true", help="leave key octets in")


def run(args: argparse.Namespace) -> int:
    if args.json and str(getattr(args, "output", "")) == STANDARD_STREAM:
        raise ConfigError("--json: standard output is taken by -o -; give a file")
    if str(args.capture) != STANDARD_STREAM:
        return _ACTIONS[args.action](args)
    from perc_scapy.capture.streaming import spooled

    if sys.stdin is None or sys.stdin.isatty():
        raise ConfigError("standard input is no capture; give one with < FILE or a pipe")
    with spooled() as copy:  # most actions read twice
        args.capture = Path(copy.name)
        return _ACTIONS[args.action](args)


# -- list


def _list(args: argparse.Namespace) -> int:
    from perc_scapy.capture.keyring import is_capture

    entries, damage = _entries(args)
    alone = not is_capture(args.capture)
    for number, entry in enumerate(entries):
        if args.json:
            print(json.dumps(({} if number else {"schema": 1}) | entry.to_json()))
        else:
            print(_line(entry, alone=alone))
    if not entries:
        print("perc keys list: no secrets", file=sys.stderr)
    return _tell(damage)


def _line(entry: Entry, *, alone: bool) -> str:
    """`alone`: a key file without a capture, where nothing can be said of what it opens."""
    text = f"{entry.id}  {entry.kind:<15} {entry.short:<18}  {printable(entry.source)}"
    return text if alone else f"{text}: {'; '.join(entry.opens) or 'opens nothing here'}"


def _entries(args: argparse.Namespace) -> tuple[list[Entry], str]:
    from perc_scapy.capture.keyring import Keyring, is_capture
    from perc_scapy.keys import listing

    if not is_capture(args.capture):
        ring = Keyring.of([args.capture, *args.keys])
        found = listing.log_entries(ring.keylog, str(args.capture), None)
        return found + listing.stated_entries(ring.statements, ()), ""
    return _entries_of_capture(args)


def _entries_of_capture(args: argparse.Namespace) -> tuple[list[Entry], str]:
    from perc_scapy.capture.keylog import KeyLog
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.capture.streaming import StreamedCapture
    from perc_scapy.keys import listing
    from perc_scapy.keys.blocks import read_blocks
    from perc_scapy.keys.secrets import key_log_of
    from perc_scapy.pcap.reader import open_capture

    with open_capture(args.capture) as reader:
        inside, others = key_log_of(read_blocks(reader))
    ring = open_keys(args, [inside.to_text()])
    with StreamedCapture(args.capture, ring) as capture:
        logs: list[tuple[KeyLog, str]] = [(inside, str(args.capture))]
        logs += [(Keyring.of([path]).keylog, str(path)) for path in args.keys]
        found = [e for log, name in logs for e in listing.log_entries(log, name, capture.analysis)]
        if ring.statements:
            media = (each.media for each in capture if each.media is not None)
            found += listing.stated_entries(ring.statements, media)
    if others:
        print(f"perc keys list: {others} secrets of other kinds than TLS key logs", file=sys.stderr)
    return found, reader.report


# -- add, extract, strip


def _add(args: argparse.Namespace) -> int:
    from perc_scapy.capture.streaming import StreamedCapture
    from perc_scapy.keys.secrets import lines_for, with_secrets

    ring = open_keys(args)
    if ring.statements:
        raise ConfigError("key tables have no place in a capture; keep the file beside it (-k)")
    if not ring:
        raise ConfigError("no keys to add; give them with -k FILE")
    with StreamedCapture(args.capture) as capture:
        lines = ring.keylog.to_text() if args.all else lines_for(capture.analysis, ring.keylog)
    if not lines:
        print(f"perc keys add: none of {len(ring.keylog)} secrets is of a session of {printable(args.capture)}; "
              "--all adds them anyway", file=sys.stderr)  # fmt: skip
        return ExitCode.UNDECIDABLE
    secrets = len(lines.splitlines())
    return _rewrite(args, lambda blocks: with_secrets(blocks, lines), secrets=secrets)


def _extract(args: argparse.Namespace) -> int:
    from perc_scapy.keys.blocks import read_blocks
    from perc_scapy.keys.secrets import key_log_of
    from perc_scapy.pcap.reader import open_capture

    with open_capture(args.capture) as reader:
        log, others = key_log_of(read_blocks(reader))
    if others:
        print(f"perc keys extract: {others} secrets of other kinds are left", file=sys.stderr)
    if not len(log):
        print(f"perc keys extract: {printable(args.capture)}: no key log in it", file=sys.stderr)
        return ExitCode.FINDING
    with _output(args) as stream:
        stream.write(log.to_text())
    _summary(args, secrets=len(log))
    return _tell(reader.report)


def _strip(args: argparse.Namespace) -> int:
    from perc_scapy.keys.anonymous.capture import CaptureNames
    from perc_scapy.keys.secrets import without_secrets
    from perc_scapy.pcap.private import write_private
    from perc_scapy.pcap.reader import open_capture

    if args.map is not None and not args.anonymize:
        raise ConfigError("--map: only --anonymize replaces addresses")
    count = {"secrets": _secrets_inside(args.capture)} if args.json else {}
    if not args.anonymize:
        return _rewrite(args, without_secrets, **count)
    names = CaptureNames(os.urandom(SEED))
    with open_capture(args.capture) as reader:
        names.learn(reader)
    code = _rewrite(args, lambda blocks: names.anonymous(without_secrets(blocks)), **count)
    if args.map is not None:
        lines = "".join(f"{old} {new}\n" for old, new in names.replaced())
        write_private(args.map, lines.encode())
    return code


def _secrets_inside(path: Path) -> int:
    """Those of key logs each, blocks of other kinds as one."""
    from perc_scapy.keys.blocks import read_blocks
    from perc_scapy.keys.secrets import key_log_of
    from perc_scapy.pcap.reader import open_capture

    with open_capture(path) as reader:
        log, others = key_log_of(read_blocks(reader))
    return len(log) + others


def _share(args: argparse.Namespace) -> int:
    from perc_scapy.capture.streaming import StreamedCapture
    from perc_scapy.keys.share import shared, write_shared

    with StreamedCapture(args.capture, open_keys(args)) as capture:
        pdus = shared(capture.analysis, keys=args.show_keys)
        damage = capture.damage
    if not pdus:
        print(f"perc keys share: {printable(args.capture)}: nothing was decrypted", file=sys.stderr)
        return ExitCode.UNDECIDABLE
    with _output(args) as stream:
        write_shared(stream, pdus)
    _summary(args, packets=len(pdus))
    return _tell("" if damage is None else f"{args.capture}: damaged: {damage}")


# -- what all share


def _rewrite(
    args: argparse.Namespace,
    change: Callable[[Iterable[Block]], Iterable[Block]],
    **counts: int,
) -> int:
    """Copy the capture, changed; `counts` go into the summary."""
    from perc_scapy.keys.blocks import PACKETS, read_blocks
    from perc_scapy.pcap.reader import open_capture

    packets = 0
    with open_capture(args.capture) as reader, _output(args) as stream:
        for block in change(read_blocks(reader)):
            stream.write(block.unsized().octets)
            packets += block.kind in PACKETS
    _summary(args, **counts, packets=packets)
    return _tell(reader.report)


def _summary(args: argparse.Namespace, **counts: int) -> None:
    """For programs; people get nothing, as of any command that went well."""
    if args.json:
        found = {"schema": 1, "action": args.action, "output": str(args.output)}
        print(json.dumps(found | counts))


@contextmanager
def _output(args: argparse.Namespace) -> Iterator[BinaryIO]:
    """A private file, or standard output; never the input, which would be empty by then."""
    from io import BufferedWriter

    from perc_scapy.pcap.private import open_private

    path: Path = args.output
    if str(path) == STANDARD_STREAM:
        yield sys.stdout.buffer
        return
    if path.exists() and args.capture.exists() and path.samefile(args.capture):
        raise ConfigError(f"-o {path}: that is the input")
    with BufferedWriter(open_private(path)) as stream:
        yield stream


def _tell(damage: str) -> int:
    """The exit code: damage was copied up to where it is."""
    if not damage:
        return ExitCode.OK
    sys.stdout.flush()
    print(f"perc keys: {printable(damage)}", file=sys.stderr)
    return ExitCode.FINDING


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "add": _add,
    "extract": _extract,
    "strip": _strip,
    "share": _share,
}

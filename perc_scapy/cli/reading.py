# SPDX-License-Identifier: GPL-2.0-only
"""A whole capture in memory, for commands that need all of it, and the line about one that is damaged."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import open_keys
from perc_scapy.cli.terminal import printable

if TYPE_CHECKING:
    from perc_scapy.capture.analysis import Analysis


class Whole(NamedTuple):
    """A capture that was read to its end, or to its damage."""

    analysis: Analysis
    packets: int
    """Frames in the file."""
    damage: str | None


def read_whole(path: str | Path, args: argparse.Namespace, *, tunnel: str | None = None) -> Whole:
    """With the keys of -k, the capture's own, or those of the environment. Raises `ConfigError`."""
    from perc_scapy.capture.analysis import Analysis
    from perc_scapy.pcap.packets import payloads
    from perc_scapy.pcap.reader import open_capture

    with open_capture(path) as reader:
        packets = list(payloads(reader))
    analysis = Analysis(packets, open_keys(args, reader.secrets), tunnel=tunnel)
    return Whole(analysis, reader.packets, reader.damage)


def tell_damage(command: str, path: str | Path, packets: int, damage: str | None) -> ExitCode:
    """A line on stderr about a damaged file, and the exit code that it alone leads to."""
    if damage is None:
        return ExitCode.OK
    sys.stdout.flush()
    text = f"perc {command}: {printable(path)}: damaged after packet {packets}: {damage}"
    print(text, file=sys.stderr)
    return ExitCode.FINDING

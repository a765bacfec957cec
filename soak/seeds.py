# SPDX-License-Identifier: GPL-2.0-only
"""Where mutation starts: the golden captures."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from perc_scapy.capture.keyring import Keyring
from perc_scapy.pcap.packets import Datagram, Segment, payloads
from perc_scapy.pcap.reader import open_capture

CAPTURES = Path(__file__).parents[1] / "captures"
KEY_FILES = ("secrets.keylog", "keys.toml")


class Seed(NamedTuple):
    """One conversation."""

    name: str
    file: bytes
    packets: tuple[Datagram | Segment, ...]
    key_files: tuple[Path, ...]

    def keys(self) -> Keyring:
        """A ring of its own: analyses may add to it."""
        ring = Keyring()
        for path in self.key_files:
            if path.suffix == ".toml":
                ring.add_file(path)
            else:  # may be empty: not every conversation gets as far as a secret
                ring.keylog.add_text(path.read_bytes())
        return ring


def seeds(names: set[str] | None = None) -> list[Seed]:
    """All golden captures, or some."""
    found = []
    for folder in sorted(p.parent for p in CAPTURES.glob("*/trace.pcap*")):
        if names is None or folder.name in names:
            found.append(_seed(folder))
    return found


def _seed(folder: Path) -> Seed:
    trace = next(iter(sorted(folder.glob("trace.pcap*"))))
    with open_capture(trace) as capture:
        packets = tuple(payloads(capture))
    keys = tuple(folder / name for name in KEY_FILES if (folder / name).exists())
    return Seed(folder.name, trace.read_bytes(), packets, keys)

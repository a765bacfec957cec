# SPDX-License-Identifier: GPL-2.0-only
"""Golden captures, read and analysed."""

from __future__ import annotations

from functools import cache

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import open_capture
from tests.project.tree import ROOT

FOLDER = ROOT / "captures"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/trace.*"))


@cache
def golden(name: str) -> Analysis:
    """With all keys of its folder and its own."""
    (trace,) = (FOLDER / name).glob("trace.*")
    with open_capture(trace) as reader:
        packets = list(payloads(reader))
    files = (FOLDER / name / file for file in ("secrets.keylog", "keys.toml"))
    ring = Keyring.of(file for file in files if file.is_file())
    for text in reader.secrets:
        ring.keylog.add_text(text)
    return Analysis(packets, ring)

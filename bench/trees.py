# SPDX-License-Identifier: GPL-2.0-only
"""Full trees as JSON with both layers opened, against `tshark -T ek` on the same file, which opens nothing."""

from __future__ import annotations

import sys

from bench.measure import Row
from bench.races import SIZES, has_tshark, race, recording

PACKETS, ROUNDS = 200_000, 3
GOAL = 2.0


def rows() -> list[Row]:
    """One row a packet size."""
    return [one(size) for size in SIZES] if has_tshark() else []


def one(size: int) -> Row:
    capture, keylog, _ = recording(PACKETS, size)
    perc = [
        sys.executable,
        "-m",
        "perc_scapy",
        "dissect",
        str(capture),
        "-k",
        str(keylog),
        "--json",
    ]
    tshark = ["tshark", "-r", str(capture), "-T", "ek"]
    return race(f"trees as JSON, {size} octets", perc, tshark, PACKETS, GOAL, ROUNDS)

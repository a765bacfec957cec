# SPDX-License-Identifier: GPL-2.0-only
"""Both layers of double SRTP opened, against `tshark -T fields` on the same file, which opens nothing."""

from __future__ import annotations

from bench.measure import Row
from bench.races import SIZES, has_tshark, ours, race, recording, tshark_fields

PACKETS, ROUNDS = 200_000, 5
GOAL = 2.0


def rows() -> list[Row]:
    """As columns (with a goal), and packet by packet, as commands get them."""
    if not has_tshark():
        return []
    return [one(work, size) for work in ("decrypt", "stream") for size in SIZES]


def one(work: str, size: int) -> Row:
    capture, keylog, _ = recording(PACKETS, size)
    name = {"decrypt": "both layers, columns", "stream": "both layers, packet by packet"}[work]
    goal = GOAL if work == "decrypt" else 0.0
    peer = tshark_fields(capture)
    return race(f"{name}, {size} octets", ours(work, capture, keylog), peer, PACKETS, goal, ROUNDS)

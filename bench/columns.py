# SPDX-License-Identifier: GPL-2.0-only
"""Columns of a capture without keys, against `tshark -T fields` with the same ten columns."""

from __future__ import annotations

from bench.measure import Row
from bench.races import SIZES, has_tshark, ours, race, recording, tshark_fields

PACKETS, ROUNDS = 200_000, 5
GOAL = 10.0


def rows() -> list[Row]:
    """One row a packet size."""
    return [one(size) for size in SIZES] if has_tshark() else []


def one(size: int) -> Row:
    capture = recording(PACKETS, size).capture
    return race(
        f"columns, {size} octets",
        ours("columns", capture),
        tshark_fields(capture),
        PACKETS,
        GOAL,
        ROUNDS,
    )

# SPDX-License-Identifier: GPL-2.0-only
"""The most memory that an export and a streamed decryption take, for a small capture and for a large one.

Not a race: `ours` and `peer` are packets a CPU second of the large and the small capture, and the ratio is that of
their memory. A goal is met when the large one stays below `LIMIT`.
"""

from __future__ import annotations

import shutil
import sys

from bench.measure import Row
from bench.races import ours, recording, run

PACKETS = 1_000_000
SMALL = 60_000
"""Packets of the small capture: already too many for the table of findings, which holds all of a capture."""
SIZE = 160
LIMIT = 300
"""MiB."""


def rows() -> list[Row]:
    """Printed as lines too: the table has no column for memory."""
    return [one(work) for work in ("export", "stream")]


def one(work: str) -> Row:
    peaks, rates = [], []
    for packets in (SMALL, PACKETS):
        usage = run(command(work, packets))
        rates.append(packets / (usage.ru_utime + usage.ru_stime))
        peaks.append(usage.ru_maxrss / 1024)
        said = "below" if peaks[-1] <= LIMIT else "ABOVE"
        print(
            f"{work}: {packets:,} packets, at most {peaks[-1]:.0f} MiB ({said} {LIMIT})",
            file=sys.stderr,
        )
    ratio = peaks[1] / peaks[0]
    return Row(
        f"memory of {work}, {PACKETS:,} packets", rates[1], rates[0], ratio, (ratio, ratio), 0.0
    )


def command(work: str, packets: int) -> list[str]:
    capture, keylog, _ = recording(packets, SIZE)
    if work == "stream":
        return ours("stream", capture, keylog)
    folder = capture.parent / f"{packets} packets"
    if not folder.is_dir():
        folder.mkdir()
        shutil.copy(keylog, folder / keylog.name)
        (folder / capture.name).symlink_to(capture)
    return ours("export", folder, folder / "out")

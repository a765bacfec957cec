# SPDX-License-Identifier: GPL-2.0-only
"""Whole programs against tshark: CPU seconds (user and system) of each process on one core, in turns, same file.

Start-up, reading and writing count on both sides; output goes to /dev/null.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bench.measure import Row
from bench.recording import Recording, record

SIZES = (160, 1200)
"""Octets of RTP payload: 20 ms of G.711, a full packet of video."""
FIELDS = (
    "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "udp.length",
    "rtp.ssrc", "rtp.seq", "rtp.p_type",
)  # fmt: skip
"""Ten columns."""


@cache
def recording(packets: int, size: int) -> Recording:
    """A capture in a temporary folder that vanishes with this process."""
    return record(_folder(), packets, size)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="perc-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def has_tshark() -> bool:
    """Say so when it is not there: nothing can be compared then."""
    found = shutil.which("tshark") is not None
    if not found:
        print("bench: tshark is not installed (make tools); not measured", file=sys.stderr)
    return found


def tshark_fields(capture: Path) -> list[str]:
    """Ten columns, nothing decrypted."""
    columns = [word for name in FIELDS for word in ("-e", name)]
    return ["tshark", "-r", str(capture), "-T", "fields", *columns]


def ours(work: str, *paths: Path) -> list[str]:
    """One function of `bench.ours` in a process of its own."""
    return [sys.executable, "-m", "bench.ours", work, *map(str, paths)]


def race(
    name: str, our: Sequence[str], peer: Sequence[str], packets: int, goal: float, rounds: int
) -> Row:
    """Both in turn, `rounds` times after one warm-up that also fills the file cache."""
    cpu_seconds(our), cpu_seconds(peer)
    pairs = [(packets / cpu_seconds(our), packets / cpu_seconds(peer)) for _ in range(rounds)]
    ratios = [a / b for a, b in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4) if rounds > 1 else ratios * 3
    rate, peer_rate = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(name, rate, peer_rate, middle, (low, high), goal)


def cpu_seconds(command: Sequence[str]) -> float:
    """CPU time of a process that must end well, on one core."""
    usage = run(command)
    return usage.ru_utime + usage.ru_stime


def run(command: Sequence[str]) -> os.struct_rusage:  # type: ignore[name-defined]
    """What a process used. Raises `RuntimeError` when it fails: then nothing was measured."""
    gc.collect()
    core = min(os.sched_getaffinity(0))
    null = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_WRONLY, 0) for n in (1, 2)]
    program = shutil.which(command[0]) or command[0]
    arguments = ["taskset", "-c", str(core), program, *command[1:]]
    pid = os.posix_spawn(
        shutil.which("taskset") or "taskset", arguments, os.environ, file_actions=null
    )
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"failed: {' '.join(command)}")
    return usage

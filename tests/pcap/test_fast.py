# SPDX-License-Identifier: GPL-2.0-only
"""Batches hold the frames that the reader gives one by one, whatever the file, and end where it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.pcap import fast
from perc_scapy.pcap.fast import NO_TIME, Batch, BatchReader, clipped
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.reader import CaptureReader, open_capture
from tests.pcap import many

CAPTURES = many.captures() | many.golden()


def one_by_one(path: Path) -> tuple[list[Frame], CaptureReader]:
    with open_capture(path) as reader:
        frames = list(reader)
    return frames, reader


def in_batches(path: Path) -> tuple[list[Frame], CaptureReader, int]:
    with BatchReader(path) as batches:
        found = list(batches)
    frames = [batch.frame(row) for batch in found for row in range(len(batch))]
    return frames, batches.reader, max(map(len, found), default=0)


def check(path: Path) -> int:
    frames, reader = one_by_one(path)
    fast_frames, fast_reader, longest = in_batches(path)
    assert fast_frames == frames
    assert fast_reader.damage == reader.damage
    assert fast_reader.report == reader.report
    assert fast_reader.secrets == reader.secrets
    assert fast_reader.packets == len(frames)
    return longest


@pytest.mark.parametrize("name", CAPTURES)
def test_the_same_frames(name: str, tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES[name])
    assert check(path) or not CAPTURES[name]


@pytest.mark.parametrize("name", ["pcap link 1", "pcapng < 6", "pcapng > 148", "conversation"])
def test_the_same_frames_at_every_edge_of_what_is_read_at_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES[name])
    for size in (300, 401, 1024, 5000):
        many.small_reads(monkeypatch, size)
        check(path)


@pytest.mark.parametrize("name", ["pcap link 101", "pcap big ns", "pcapng < 9", "pcapng > 6"])
def test_the_same_frames_of_damaged_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / "capture"
    for data in many.mutated(CAPTURES[name], 60, 7):
        path.write_bytes(data)
        if (refusal := refused(open_capture, path)) is None:
            check(path)
        else:
            assert refused(BatchReader, path) == refusal


def refused(opener: Callable[[Path], CaptureReader | BatchReader], path: Path) -> str | None:
    """Why a file is not opened at all."""
    try:
        opener(path).close()
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", ["pcap link 1", "conversation"])
def test_plain_records_come_in_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES[name])
    singles: list[Frame] = []
    monkeypatch.setattr(Batch, "of", lambda frames: singles.extend(frames) or [])
    with BatchReader(path) as batches:
        runs = [batch for batch in batches if batch]
    assert sum(map(len, runs)) > 0.9 * batches.reader.packets
    assert len(singles) + sum(map(len, runs)) == batches.reader.packets


def test_frames_read_one_at_a_time_are_kept_in_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES["pcap link 1"])
    monkeypatch.setattr(fast, "MAX_SINGLES", 10)
    monkeypatch.setattr(BatchReader, "_plain", lambda self, number: None)
    with BatchReader(path) as batches:
        sizes = [len(batch) for batch in batches]
    assert set(sizes[:-1]) == {10}


def test_times_that_no_column_holds() -> None:
    assert clipped(5) == 5
    assert clipped(1 << 63) == clipped(-(1 << 70)) == NO_TIME
    wild = Frame(1, 1 << 70, 1, b"abc", 3)
    batch = Batch.of([wild])
    assert batch.times[0] == NO_TIME
    assert batch.frame(0) == wild

# SPDX-License-Identifier: GPL-2.0-only
"""Tables of golden captures are searched for every key that the captures are known to hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.tables.export import plan
from perc_scapy.tables.jobs import run_job
from tests.golden.samples import CAPTURES, opened
from tests.keys.test_no_key_left import NAMES, WINDOW, found, known_keys


def cells(path: Path) -> Iterator[Any]:
    """Every value of every column, lists and structures taken apart."""
    waiting: list[Any] = [pq.read_table(path).to_pylist()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif value is not None:
            yield value


def as_octets(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def searched(analysis: Analysis, values: list[Any]) -> set[bytes]:
    return found(analysis, b"\xff|\xff".join(map(as_octets, values)))


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_of_any_table_holds_a_piece_of_a_key(name: str, tmp_path: Path) -> None:
    (task,) = plan([CAPTURES / name], tmp_path)
    report = run_job(task)
    assert report.status == "done"
    assert report.rows["packets"] > 10
    values = [v for path in tmp_path.rglob("*.parquet") for v in cells(path)]
    assert len(values) > 200
    analysis = opened(name)
    assert not searched(analysis, values)
    key = next(iter(known_keys(analysis)))  # the search finds what is there
    assert searched(analysis, [*values, key[:WINDOW]])
    assert searched(analysis, [*values, f"key {key.hex().upper()}"])

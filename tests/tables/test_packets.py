# SPDX-License-Identifier: GPL-2.0-only
"""The table `packets` made of whole buffers is the one made frame by frame, for every capture there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from perc_scapy.errors import ConfigError, LocalError
from perc_scapy.pcap.fast import BatchReader
from perc_scapy.tables.packets import PacketColumns, packet_batches
from perc_scapy.tables.schema import arrow_schema
from tests.pcap import many
from tests.tables.reference import KEYLESS, packet_rows

CAPTURES = many.captures() | many.golden()


def in_columns(path: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    with BatchReader(path) as reader:
        batches = list(packet_batches(reader, name, columns))
    return pa.Table.from_batches(batches, PacketColumns(name, columns).schema)


def plain(value: Any) -> Any:
    return value.value if hasattr(value, "value") else value


def check(path: Path) -> int:
    expected = [{name: row.get(name) for name in KEYLESS} for row in packet_rows(path, "x")]
    table = in_columns(path, "x")
    times = table["time"].cast(pa.int64())
    table = table.set_column(table.schema.get_field_index("time"), "time", times)
    assert table.select(KEYLESS).to_pylist() == expected
    return len(expected)


@pytest.mark.parametrize("name", CAPTURES)
def test_equal_to_frame_by_frame(name: str, tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES[name])
    assert check(path)


@pytest.mark.parametrize("name", ["pcap link 1", "pcap link 276", "pcapng > 6", "conversation"])
def test_equal_for_damaged_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.small_reads(monkeypatch, 3000)
    path = tmp_path / "capture"
    for data in many.mutated(CAPTURES[name], 25, 11):
        path.write_bytes(data)
        try:
            BatchReader(path).close()
        except ConfigError:
            continue
        check(path)


def test_only_the_columns_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES["conversation"])
    table = in_columns(path, "x", ["ssrc", "time", "capture"])
    assert table.column_names == ["ssrc", "time", "capture"]
    assert table.schema.metadata == arrow_schema("packets").metadata
    with pytest.raises(LocalError, match="'colour'"):
        PacketColumns("x", ["colour"])


def test_one_dictionary_of_addresses_serves_all_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.small_reads(monkeypatch, 2000)
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES["conversation"])
    with BatchReader(path) as reader:
        batches = list(packet_batches(reader, "x", ["src"]))
    assert len(batches) > 3
    longest = max((b.column(0).dictionary for b in batches), key=len).to_pylist()
    assert all(
        b.column(0).dictionary.to_pylist() == longest[: len(b.column(0).dictionary)]
        for b in batches
    )

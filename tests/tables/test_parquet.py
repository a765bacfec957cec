# SPDX-License-Identifier: GPL-2.0-only
"""Files of one capture: complete or not there, readable by other programs."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perc_scapy import __version__
from perc_scapy.tables.capture import table_of
from perc_scapy.tables.parquet import ROWS, Files, grouped, table_path
from perc_scapy.tables.schema import arrow_schema


def errors(*texts: str) -> pa.Table:
    return table_of("errors", [{"capture": "c", "kind": "damaged", "text": t} for t in texts])


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    files = Files(tmp_path, "sub/a.pcap")
    files.write("errors", [errors("x"), errors("y", "z")])
    path = table_path(tmp_path, "errors", "sub/a.pcap")
    assert not path.exists()
    files.close()
    assert files.rows == {"errors": 3}
    table = pq.read_table(path)
    assert table["text"].to_pylist() == ["x", "y", "z"]
    assert table.schema.metadata[b"perc_scapy"] == __version__.encode()
    assert table.schema.metadata[b"perc_schema"] == b"1"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_what_is_begun_can_be_taken_back(tmp_path: Path) -> None:
    files = Files(tmp_path, "a")
    files.write("errors", [errors("x")])
    files.discard()
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_tables_that_a_capture_no_longer_has_go(tmp_path: Path) -> None:
    first = Files(tmp_path, "a")
    first.write("errors", [errors()])
    first.write("streams", [table_of("streams", [])])
    first.close()
    second = Files(tmp_path, "a")
    second.write("errors", [errors("x")])
    second.close()
    assert not table_path(tmp_path, "streams", "a").exists()


def test_row_groups_share_one_dictionary() -> None:
    schema = arrow_schema("errors")
    batches = [errors("x"), errors("y")]
    (group,) = grouped(batches, schema)
    assert group["kind"].chunk(0).dictionary.to_pylist() == ["damaged"]
    assert group.schema.metadata == schema.metadata
    many = [pa.concat_tables([errors("x")] * 2)] * 3
    assert sum(g.num_rows for g in grouped(many, schema)) == 6
    assert list(grouped([], schema)) == []
    assert ROWS >= 1 << 16

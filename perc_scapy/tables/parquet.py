# SPDX-License-Identifier: GPL-2.0-only
"""Tables of one capture as Parquet files, all there or none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from perc_scapy import __version__
from perc_scapy.tables.extras import need
from perc_scapy.tables.schema import TABLES, arrow_schema

pa = need("pyarrow")
pq = need("pyarrow.parquet")

ENDING = ".parquet"
PART = ".part"
"""What a file is called while it is written; left behind only by a process that was killed."""
ROWS = 1 << 17
"""Rows of a row group."""


def table_path(folder: Path, table: str, name: str) -> Path:
    """OUT/packets/NAME.parquet; the name may have folders in it."""
    return folder / table / f"{name}{ENDING}"


class Files:
    """Files of one capture. `close` puts them all in place, `discard` removes what was written."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._parts: dict[str, Path] = {}
        self.rows: dict[str, int] = {}

    def write(self, table: str, batches: Iterable[Any]) -> None:
        """One table from its record batches, or from small tables."""
        path = table_path(self._folder, table, self._name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = self._parts[table] = path.with_name(f".{path.name}{PART}")
        schema = arrow_schema(table)
        schema = schema.with_metadata({**schema.metadata, b"perc_scapy": __version__.encode()})
        count = 0
        with ExitStack() as stack:
            writer = pq.ParquetWriter(part, schema, compression="zstd")
            stack.callback(writer.close)
            for group in grouped(batches, schema):
                writer.write_table(group, row_group_size=ROWS)
                count += group.num_rows
        self.rows[table] = count

    def close(self) -> None:
        """All tables of the capture become visible; those that it no longer has go."""
        for table in TABLES:
            path = table_path(self._folder, table, self._name)
            if table in self._parts:
                self._parts[table].replace(path)
            else:
                path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing of what was begun."""
        for part in self._parts.values():
            part.unlink(missing_ok=True)
        self._parts.clear()
        self.rows.clear()


def grouped(batches: Iterable[Any], schema: Any) -> Iterator[Any]:
    """Tables of about `ROWS` rows, each with one dictionary a column."""
    waiting: list[Any] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= ROWS:
            yield _whole(waiting, schema)
            waiting, count = [], 0
    if waiting:
        yield _whole(waiting, schema)


def _whole(batches: list[Any], schema: Any) -> Any:
    tables = [b if isinstance(b, pa.Table) else pa.Table.from_batches([b]) for b in batches]
    return pa.concat_tables(tables).unify_dictionaries().replace_schema_metadata(schema.metadata)

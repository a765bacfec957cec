# SPDX-License-Identifier: GPL-2.0-only
"""The table `packets`: one row a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from perc_scapy.errors import LocalError
from perc_scapy.pcap.fast import BatchReader
from perc_scapy.tables.arrays import column, constant, named, numbers, times
from perc_scapy.tables.extras import need
from perc_scapy.tables.payloads import KINDS
from perc_scapy.tables.rows import Hosts, RowReader, Rows
from perc_scapy.tables.schema import arrow_schema

pa = need("pyarrow")
TRANSPORTS = ("udp", "tcp")


class PacketColumns:
    """Makes Arrow columns of rows, only those asked for; addresses keep their numbers from batch to batch."""

    def __init__(self, capture: str, wanted: Iterable[str] | None = None) -> None:
        """Raises `LocalError` for a column that the table does not have."""
        schema = arrow_schema("packets")
        self.names = list(schema.names if wanted is None else wanted)
        for name in self.names:
            if name not in schema.names:
                raise LocalError(f"packets has no column {name!r}")
        self.schema = pa.schema([schema.field(n) for n in self.names], metadata=schema.metadata)
        self._capture, self._hosts = capture, Hosts()

    def batch(self, rows: Rows, extra: dict[str, Any] | None = None) -> Any:
        """A `pyarrow.RecordBatch`. `extra`: columns that come from elsewhere, ready made."""
        given = extra or {}
        arrays = [given[n] if n in given else self._column(n, rows) for n in self.names]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _column(self, name: str, rows: Rows) -> Any:
        kind = self.schema.field(name).type
        if name in rows.fields and name != "kind":
            return column(rows.fields[name], kind)
        make = _COLUMNS.get(name)
        return pa.nulls(len(rows), kind) if make is None else make(self, rows, kind)

    def _name(self, rows: Rows, _: Any) -> Any:
        return constant(self._capture, len(rows))

    def _address(self, rows: Rows, end: int) -> Any:
        plain = rows.plain
        four, six = ((plain.src4, plain.src6), (plain.dst4, plain.dst6))[end]
        return named(self._hosts.column(rows, four, six, end), self._hosts.names)


def _number(rows: Rows, kind: Any) -> Any:
    first = rows.batch.first
    return numbers(np.arange(first, first + len(rows)), kind)


def _port(rows: Rows, kind: Any, end: int) -> Any:
    ports = (rows.plain.sport, rows.plain.dport)[end]
    if rows.slow:
        ports = ports.copy()
        for row, payload in rows.slow.items():
            ports[row] = (payload.src, payload.dst)[end].port
    return numbers(ports, kind, rows.transport > 0)


def _kind(rows: Rows) -> Any:
    kind = rows.fields["kind"]
    return named(np.where(kind.valid, kind.values, np.int8(-1)).astype(np.int8), KINDS)


Make = Callable[[PacketColumns, Rows, Any], Any]
_COLUMNS: dict[str, Make] = {
    "capture": PacketColumns._name,
    "number": lambda _, rows, kind: _number(rows, kind),
    "time": lambda _, rows, kind: times(rows.batch.times),
    "interface": lambda _, rows, kind: numbers(rows.batch.interfaces, kind),
    "link_type": lambda _, rows, kind: numbers(rows.batch.link_types, kind),
    "length": lambda _, rows, kind: numbers(rows.batch.lengths, kind),
    "captured": lambda _, rows, kind: numbers(rows.batch.captured, kind),
    "transport": lambda _, rows, kind: named(rows.transport.astype(np.int8) - 1, TRANSPORTS),
    "src": lambda self, rows, kind: self._address(rows, 0),
    "dst": lambda self, rows, kind: self._address(rows, 1),
    "src_port": lambda _, rows, kind: _port(rows, kind, 0),
    "dst_port": lambda _, rows, kind: _port(rows, kind, 1),
    "data_length": lambda _, rows, kind: numbers(rows.sizes, kind, rows.sizes >= 0),
    "missing": lambda _, rows, kind: numbers(rows.missing, kind, rows.sizes >= 0),
    "kind": lambda _, rows, kind: _kind(rows),
}


def packet_batches(
    reader: BatchReader, capture: str = "", columns: Iterable[str] | None = None
) -> Iterator[Any]:
    """`pyarrow.RecordBatch`es of what needs no key, in the order of the file."""
    make, rows = PacketColumns(capture, columns), RowReader()
    for batch in reader:
        yield make.batch(rows.read(batch))

# SPDX-License-Identifier: GPL-2.0-only
"""All tables of one capture, in memory that does not grow with it: read once for the keys, once for the packets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from perc_scapy.capture.fast_media import FastMedia
from perc_scapy.capture.first_pass import in_batches
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.errors import LocalError
from perc_scapy.pcap.fast import BatchReader
from perc_scapy.tables.associations import association_rows
from perc_scapy.tables.extras import need
from perc_scapy.tables.opened import Outcome, OutcomeReader, Outcomes
from perc_scapy.tables.packets import PacketColumns
from perc_scapy.tables.payloads import DTLS
from perc_scapy.tables.rows import RowReader, Rows
from perc_scapy.tables.schema import arrow_schema
from perc_scapy.tables.streams import StreamTable
from perc_scapy.tables.tunnels import TunnelColumns
from perc_scapy.view.whereabouts import Whereabouts

pa = need("pyarrow")
MAX_JUDGED = 50_000
"""Packets of the largest capture that has the table `findings`: for that, all of it is held in memory."""


class CaptureTables:
    """Reads `path` once; then `packets` gives the rows of that table, and the others are ready.

    `keys` gets the capture's own secrets. `name` stands in the column `capture`. `unused` are remarks on key files, for
    the table `errors`. Raises `ConfigError` when the file is no capture.
    """

    def __init__(
        self,
        path: str | Path,
        keys: Keyring | KeyLog | None = None,
        name: str | None = None,
        unused: Iterable[str] = (),
    ) -> None:
        self._path, self.name = path, Path(path).name if name is None else name
        self.unused = tuple(unused)
        ring = Keyring.from_keys(keys)
        found = in_batches(path)
        for text in found.secrets:
            ring.keylog.add_text(text)
        self._material = found.material
        self.count, self.damage = found.packets, found.damage
        """Packets in the file; why reading stopped early, or None."""
        self.analysis = found.material.analysis(ring)
        self._places = Whereabouts(self.analysis)
        self._tunnels = TunnelColumns(self.analysis)
        self.stream_table = StreamTable(self.name)

    @property
    def left_out(self) -> int:
        """Packets with key material beyond the memory that is set aside for it."""
        return self._material.left_out

    def packets(
        self, columns: Iterable[str] | None = None, *, streams: bool = True
    ) -> Iterator[Any]:
        """`pyarrow.RecordBatch`es in the order of the file. With `streams`, `stream_rows` counts what passes."""
        make, rows = PacketColumns(self.name, columns), RowReader()
        media = FastMedia(*self._material.openers(self.analysis))
        reader = OutcomeReader(media, self._places.letter)
        if streams:
            self.stream_table = StreamTable(self.name)
        with BatchReader(self._path) as batches:
            for batch in batches:
                found = rows.read(batch)
                opened = media.open(batch.data, found.media(), found.datagram)
                outcomes = reader.read(len(batch), opened, found.sizes)
                if streams:
                    self.stream_table.add(found, outcomes)
                yield make.batch(found, self._inside(found, outcomes))
        self.stream_table.complete = streams or self.stream_table.complete

    def _inside(self, rows: Rows, outcomes: Outcomes) -> dict[str, Any]:
        """Columns that need the analysis."""
        kind = rows.fields["kind"]
        for row in np.flatnonzero(kind.valid & (kind.values == DTLS)).tolist():
            payload = rows.payload(row)
            letter = "" if payload is None else self._places.of(payload, None).association
            if letter:
                outcomes.add(row, Outcome(letter))
        return outcomes.columns() | self._tunnels.columns(rows)

    def table(self, name: str, columns: Iterable[str] | None = None) -> Any:
        """A whole table as a `pyarrow.Table`. `streams` reads the file again unless `packets` was iterated before."""
        schema = arrow_schema(name)
        if name == "packets":
            names = schema.names if columns is None else list(columns)
            batches = list(self.packets(names))
            return pa.Table.from_batches(batches, PacketColumns(self.name, names).schema)
        if name == "streams" and not self.stream_table.complete:
            for _ in self.packets(()):
                pass
        whole = table_of(name, self._rows(name))
        return whole if columns is None else whole.select(_known(list(columns), schema))

    def _rows(self, name: str) -> Iterable[dict[str, Any]]:
        match name:
            case "associations":
                return association_rows(self.name, self.analysis, self._places)
            case "streams":
                return self.stream_table.rows()
            case "findings":
                return self._findings()
        return error_rows(self)

    def bounds(self) -> list[str]:
        """What was left out because it is more than there is room for."""
        streams = self.stream_table.left_out
        found = {
            f"{self.left_out} packets with key material left out": self.left_out,
            f"{streams} packets of further streams left out": streams,
            f"{self.count} packets are too many for the table findings": not self.judged,
        }
        return [text for text, there in found.items() if there]

    def remarks(self) -> list[str]:
        """Damage, bounds and key files that are none, in words."""
        return [*([self.damage] if self.damage else []), *self.bounds(), *self.unused]

    @property
    def judged(self) -> bool:
        """Whether the capture is small enough for `findings`."""
        return self.count <= MAX_JUDGED

    def _findings(self) -> Iterable[dict[str, Any]]:
        from perc_scapy.tables.findings import finding_rows  # the rules are much to load

        return finding_rows(self.name, self._path, self.analysis.keys) if self.judged else ()


def _known(columns: list[str], schema: Any) -> list[str]:
    for column in columns:
        if column not in schema.names:
            raise LocalError(f"no column {column!r} in this table")
    return columns


def error_rows(tables: CaptureTables) -> list[dict[str, Any]]:
    """What could not be read, was more than there is room for, or is no key file though it is called one."""
    found = [("bounded", text) for text in tables.bounds()]
    found += [("keys", text) for text in tables.unused]
    if tables.damage is not None:
        found.insert(0, ("damaged", tables.damage))
    rows = [{"capture": tables.name, "kind": kind, "text": text} for kind, text in found]
    return [row | {"packet": tables.count} for row in rows]


def table_of(name: str, rows: Iterable[dict[str, Any]]) -> Any:
    """A `pyarrow.Table` of dictionaries; columns that they do not name are null."""
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(name))

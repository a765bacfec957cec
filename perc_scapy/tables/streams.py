# SPDX-License-Identifier: GPL-2.0-only
"""The table `streams`: one row for each SSRC on each hop."""

from __future__ import annotations

from typing import Any

import numpy as np

from perc_scapy.pcap.fast import NO_TIME
from perc_scapy.pcap.packets import Address
from perc_scapy.tables.opened import Outcome, Outcomes
from perc_scapy.tables.payloads import RTP
from perc_scapy.tables.rows import Rows
from perc_scapy.view.streams import StreamMeter

MAX_STREAMS = 1 << 15
"""Streams of one capture; packets of further ones are counted and left out."""
MAX_KEYS = 256
"""Key ids listed of one stream."""
FULL = 2


class Stream:
    """One stream as it was seen on one hop."""

    __slots__ = ("association", "counts", "from_endpoint", "keys", "meter", "row", "times")

    def __init__(self) -> None:
        self.meter = StreamMeter()
        self.association: str | None = None
        self.from_endpoint: bool | None = None
        self.counts = [0, 0, 0]
        """Hop opened, opened, full EKT fields."""
        self.keys: dict[str, None] = {}
        self.times = [0, 0]

    def outcome(self, outcome: Outcome) -> None:
        """Count what the keys opened of a packet."""
        counts = self.counts
        counts[0] += bool(outcome.hop_opened)
        counts[1] += bool(outcome.opened)
        counts[2] += outcome.ekt_type == FULL
        if outcome.association is not None:
            self.association, self.from_endpoint = outcome.association, outcome.from_endpoint
        if outcome.key_id is not None and len(self.keys) < MAX_KEYS:
            self.keys[outcome.key_id] = None


class StreamTable:
    """Feed rows and outcomes in order, then `rows`."""

    def __init__(self, capture: str) -> None:
        self._capture = capture
        self._streams: dict[tuple[Address, Address, bytes], Stream] = {}
        self._streams_by_octets: dict[bytes, Stream] = {}
        """By addresses, ports and SSRC as they are in a packet."""
        self.left_out = 0
        """Packets of streams beyond `MAX_STREAMS`."""
        self.complete = False
        """Every packet of the capture was added."""

    def add(self, rows: Rows, outcomes: Outcomes | None) -> None:
        """Take the RTP packets of a batch."""
        kind, batch, plain = rows.fields["kind"], rows.batch, rows.plain
        found = np.flatnonzero(kind.valid & (kind.values == RTP) & (rows.sizes >= 12))
        flows = plain.start[found] - np.where(plain.v6[found], 40, 16)
        flows[~plain.understood[found]] = -1
        columns = found, flows, plain.start[found], rows.sizes[found], batch.times[found]
        for row, flow, start, size, time in zip(*(c.tolist() for c in columns), strict=True):
            if flow >= 0:
                header = batch.data[start : start + 12]
                stream = self._streams_by_octets.get(batch.data[flow : start - 4] + header[8:])
                if stream is None:
                    stream = self._find(rows, row, batch.data[flow : start - 4] + header[8:])
            else:
                datagram = rows.datagram(row)
                header = b"" if datagram is None else datagram.data[:12]
                stream = self._find(rows, row, b"")
            if stream is None:
                self.left_out += 1
                continue
            if not stream.meter.packets:
                stream.times[0] = time
            stream.times[1] = time
            stream.meter.add(batch.first + row, time / 1_000_000_000, header, size)
            outcome = None if outcomes is None else outcomes.of(row)
            if outcome is not None:
                stream.outcome(outcome)

    def _find(self, rows: Rows, row: int, octets: bytes) -> Stream | None:
        """The stream of a packet; `octets`: how it can be told next time, empty when it cannot."""
        datagram = rows.datagram(row)
        if datagram is None:
            return None
        name = datagram.src, datagram.dst, datagram.data[8:12]
        stream = self._streams.get(name)
        if stream is None and len(self._streams) < MAX_STREAMS:
            stream = self._streams[name] = Stream()
        if stream is not None and octets:
            self._streams_by_octets[octets] = stream
        return stream

    def rows(self) -> list[dict[str, Any]]:
        """In the order of their first packets."""
        return [
            self._row(str(src), str(dst), int.from_bytes(ssrc, "big"), stream)
            for (src, dst, ssrc), stream in self._streams.items()
        ]

    def _row(self, src: str, dst: str, ssrc: int, stream: Stream) -> dict[str, Any]:
        meter = stream.meter
        start, end = (None if time == NO_TIME else time for time in stream.times)
        jitter = meter.jitter
        return {
            "capture": self._capture,
            "association": stream.association,
            "from_endpoint": stream.from_endpoint,
            "src": src, "dst": dst, "ssrc": ssrc,
            "payload_types": meter.payload_types,
            "first_packet": meter.first_packet, "last_packet": meter.last_packet,
            "start": start, "end": end,
            "packets": meter.packets, "octets": meter.octets, "lost": meter.lost,
            "duplicates": meter.duplicates, "reordered": meter.reordered,
            "restarts": meter.restarts, "rollovers": meter.rollovers,
            "clock": meter.clock,
            "jitter_ms": None if jitter is None else 1000 * jitter,
            "bitrate": meter.bitrate,
            "hop_opened": stream.counts[0], "opened": stream.counts[1],
            "full_fields": stream.counts[2], "keys": list(stream.keys),
        }  # fmt: skip

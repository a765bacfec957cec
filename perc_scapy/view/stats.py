# SPDX-License-Identifier: GPL-2.0-only
"""Figures of a whole capture: associations, streams on every hop, keys by id, rekeys, EKT cadence, retransmissions.

Feed media packets in capture order; nothing of them is kept. Every figure is in `to_json`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import EktMessageType
from perc_scapy.pcap.packets import Address
from perc_scapy.view.association_stats import association_rows, tunnel_rows
from perc_scapy.view.streams import StreamMeter
from perc_scapy.view.whereabouts import Whereabouts

MAX_STREAMS = 16384
MAX_INTERVALS = 1 << 16


class StreamKey(NamedTuple):
    """One source, one direction, one hop."""

    association: str
    hop: str
    ssrc: int
    src: Address
    dst: Address


@dataclass
class _Stream:
    meter: StreamMeter = field(default_factory=StreamMeter)
    opened: int = 0
    late: int = 0
    failed: int = 0
    roc: int | None = None
    """Rollover counter of the packet that opened last, outer or only layer."""
    inner_roc: int | None = None
    full: int = 0
    short: int = 0
    full_times: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class _Key:
    """One end-to-end key: who sends under it, and where."""

    key_id: str
    ssrc: int
    spi: int
    epoch: int
    association: str
    first: int
    last: int
    packets: int = 0


class Statistics:
    """`add` every media packet, then read `to_json`."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis, self._places = analysis, Whereabouts(analysis)
        self._streams: dict[StreamKey, _Stream] = {}
        self._keys: dict[tuple[str, int, int, int], _Key] = {}
        self._reports = 0
        self._left_out = 0
        self.packets = 0
        self.first_time = self.last_time = 0.0

    def frame(self, time: float) -> None:
        """Count a packet of any kind."""
        self.packets += 1
        self.first_time = self.first_time or time
        self.last_time = max(self.last_time, time)

    def add(self, media: MediaPacket) -> None:
        """Take one SRTP or SRTCP packet."""
        if media.kind == "rtcp":
            self._reports += 1
            return
        if len(media.datagram.data) < 12:
            return
        key, datagram = self._key(media), media.datagram
        stream = self._streams.get(key)
        if stream is None:
            if len(self._streams) >= MAX_STREAMS:
                self._left_out += 1
                return
            stream = self._streams[key] = _Stream()
        stream.meter.add(datagram.number, datagram.time, datagram.data[:12], len(datagram.data))
        self._opened(stream, media, key)

    def _key(self, media: MediaPacket) -> StreamKey:
        place = self._places.of(media.datagram, media)
        return StreamKey(*place, media.ssrc, media.datagram.src, media.datagram.dst)

    def _opened(self, stream: _Stream, media: MediaPacket, key: StreamKey) -> None:
        opened = media.opened
        stream.opened += opened.plain is not None
        stream.late += opened.late
        if opened.roc is not None:
            stream.roc = opened.roc
        if opened.inner_roc is not None:
            stream.inner_roc = opened.inner_roc
        stream.failed += (
            opened.plain is None and not opened.repeat and media.association is not None
        )
        if opened.ekt is not None and not opened.repeat:
            full = opened.ekt.type == EktMessageType.FULL
            stream.full += full
            stream.short += opened.ekt.type == EktMessageType.SHORT
            if full and len(stream.full_times) < MAX_INTERVALS:
                stream.full_times.append(media.datagram.time)
        if opened.key_id is not None:
            self._use(stream, media, key)

    def _use(self, stream: _Stream, media: MediaPacket, key: StreamKey) -> None:
        opened = media.opened
        name = str(opened.key_id)
        if not stream.keys or stream.keys[-1] != name:
            stream.keys.append(name)
        who = name, media.ssrc, opened.spi or 0, opened.epoch or 0
        known = self._keys.get(who)
        if known is None:
            sender = key.association if media.from_endpoint else ""
            known = self._keys[who] = _Key(*who, sender, media.number, media.number)
        if media.from_endpoint:
            known.association = key.association
        known.last, known.packets = media.number, known.packets + 1

    # -- results

    def to_json(self) -> dict[str, Any]:
        """The documented object: schema 1."""
        return {
            "schema": 1,
            "capture": {"packets": self.packets, "start": round(self.first_time, 9),
                        "seconds": round(self.last_time - self.first_time, 6), "reports": self._reports,
                        "streams_left_out": self._left_out},
            "tunnels": tunnel_rows(self._analysis),
            "associations": association_rows(self._analysis, self._places),
            "streams": [_stream_row(k, s) for k, s in self._streams.items()],
            "keys": [_key_row(key) for key in self._keys.values()],
            "rekeys": self._rekeys(),
            "ekt": [_cadence(k, s) for k, s in self._streams.items() if s.full or s.short],
        }  # fmt: skip

    def _rekeys(self) -> list[dict[str, Any]]:
        """Where a source begins to send under another key, in capture order."""
        by_source: dict[int, list[_Key]] = {}
        for key in sorted(self._keys.values(), key=lambda key: key.first):
            by_source.setdefault(key.ssrc, []).append(key)
        found = [
            {"packet": new.first, "association": new.association, "ssrc": f"{new.ssrc:08x}",
             "old_key": old.key_id, "new_key": new.key_id, "spi": new.spi, "epoch": new.epoch}
            for keys in by_source.values()
            for old, new in pairwise(keys)
            if old.key_id != new.key_id
        ]  # fmt: skip
        return sorted(found, key=lambda row: int(str(row["packet"])))


def _stream_row(key: StreamKey, stream: _Stream) -> dict[str, Any]:
    meter = stream.meter
    return {
        "association": key.association,
        "hop": key.hop,
        "ssrc": f"{key.ssrc:08x}",
        "src": str(key.src),
        "dst": str(key.dst),
        "payload_types": meter.payload_types,
        "packets": meter.packets,
        "lost": meter.lost,
        "duplicates": meter.duplicates,
        "reordered": meter.reordered,
        "restarts": meter.restarts,
        "rollovers": meter.rollovers,
        "roc": stream.roc,
        "inner_roc": stream.inner_roc,
        "jitter_ms": _rounded(meter.jitter, 1000),
        "bitrate": _rounded(meter.bitrate),
        "seconds": round(meter.duration, 6),
        "first_packet": meter.first_packet,
        "last_packet": meter.last_packet,
        "opened": stream.opened,
        "opened_late": stream.late,
        "closed": stream.failed,
        "keys": stream.keys,
    }


def _key_row(key: _Key) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "association": key.association,
        "ssrc": f"{key.ssrc:08x}",
        "spi": key.spi,
        "epoch": key.epoch,
        "first_packet": key.first,
        "last_packet": key.last,
        "packets": key.packets,
    }


def _cadence(key: StreamKey, stream: _Stream) -> dict[str, Any]:
    """How often a sender announces its key. Intervals in seconds."""
    pauses = [late - early for early, late in pairwise(stream.full_times)]
    return {
        "association": key.association,
        "hop": key.hop,
        "ssrc": f"{key.ssrc:08x}",
        "full": stream.full,
        "short": stream.short,
        "shortest_interval": _rounded(min(pauses, default=None)),
        "mean_interval": _rounded(sum(pauses) / len(pauses) if pauses else None),
        "longest_interval": _rounded(max(pauses, default=None)),
    }


def _rounded(value: float | None, factor: float = 1) -> float | None:
    return None if value is None else round(value * factor, 3)


def statistics(analysis: Analysis) -> Statistics:
    """Of an analysis that has its media."""
    made = Statistics(analysis)
    for packet in (*analysis.datagrams, *getattr(analysis, "segments", ())):
        made.frame(packet.time)
    for media in analysis.media:
        made.add(media)
    return made

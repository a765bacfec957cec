# SPDX-License-Identifier: GPL-2.0-only
"""Media streams packet after packet: gaps, packets late or twice, tags that fail, keys used past their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.packets import Address
from perc_scapy.view.expert import Expert
from perc_scapy.wire import peel_ekt

HALF = 1 << 15
LATE = 1.0
"""Seconds after which the same packet again is no work of a network but somebody's."""
MAX_STREAMS = 4096
"""Streams watched at once; the oldest one is forgotten for a further one."""


class StreamName(NamedTuple):
    """One source on one direction of one hop."""

    src: Address
    dst: Address
    ssrc: int


@dataclass(slots=True)
class _Stream:
    highest: int
    time: float


class MediaWatch:
    """Feed media packets in capture order; each gives what is worth a look in it."""

    def __init__(self, analysis: Analysis) -> None:
        self._streams: dict[StreamName, _Stream] = {}
        self._expiry: dict[int, dict[int, float]] = {
            id(a): {k.parameters.spi: k.time + k.parameters.ttl for k in a.ekt_keys()}
            for a in analysis.associations
        }
        self._everyone: dict[int, float] = {}
        for expiry in self._expiry.values():
            for spi, time in expiry.items():
                self._everyone[spi] = max(time, self._everyone.get(spi, 0.0))

    def see(self, media: MediaPacket) -> list[Expert]:
        """Remarks on one packet."""
        opened = media.opened
        found = [] if media.kind == "rtcp" else self._order(media)
        if opened.jump is not None:
            found.append(Expert("warning", f"SRTP: {opened.jump}"))
        if media.association is not None:
            if opened.plain is None:
                found += self._closed(media)
            if opened.late or opened.spi is not None:
                found += self._keys(media, media.association)
        return found

    # -- order

    def _order(self, media: MediaPacket) -> list[Expert]:
        datagram = media.datagram
        name = StreamName(datagram.src, datagram.dst, media.ssrc)
        sequence = int.from_bytes(datagram.data[2:4], "big")
        stream = self._streams.get(name)
        if stream is None:
            self._begin(name, _Stream(sequence, datagram.time))
            return []
        step = (sequence - stream.highest) & 0xFFFF
        if step == 1:
            stream.highest, stream.time = sequence, datagram.time
            return []
        return self._irregular(media, stream, sequence, step)

    def _begin(self, name: StreamName, stream: _Stream) -> None:
        if len(self._streams) >= MAX_STREAMS:
            del self._streams[next(iter(self._streams))]
        self._streams[name] = stream

    def _irregular(
        self, media: MediaPacket, stream: _Stream, sequence: int, step: int
    ) -> list[Expert]:
        if media.opened.repeat or step == 0:
            return [_again(media.datagram.time - stream.time)]
        if step >= HALF:
            late = 0x10000 - step
            return [Expert("note", f"RTP: out of order, {late} behind the newest")]
        stream.highest, stream.time = sequence, media.datagram.time
        return [Expert("warning", f"RTP: sequence gap, {step - 1} packets missing")]

    # -- keys

    def _closed(self, media: MediaPacket) -> list[Expert]:
        opened = media.opened
        if opened.repeat or not opened.problem:
            return []
        if media.kind == "rtcp" and _ends_in_ekt(media.datagram.data):
            return [Expert("warning", "SRTCP: ends like an EKT field, which RTCP does not carry"),
                    Expert("error", opened.problem)]  # fmt: skip
        sealed = opened.problem.startswith("no ")
        grave = "note" if sealed else "warning" if opened.hop_opened else "error"
        return [Expert(grave, opened.problem)]  # type: ignore[arg-type]

    def _keys(self, media: MediaPacket, association: Association) -> list[Expert]:
        opened, found = media.opened, []
        if opened.late:
            found.append(
                Expert("note", "opened with a key that came to this hop later or not at all")
            )
        if opened.spi is not None:
            expiry = self._expiry.get(id(association), self._everyone)
            end = expiry.get(opened.spi) or self._everyone.get(opened.spi)
            if end is not None and media.datagram.time > end:
                over = f"is past its lifetime by {media.datagram.time - end:.0f} s"
                found.append(Expert("warning", f"EKT key {opened.spi:#06x} {over}"))
        return found


def _again(pause: float) -> Expert:
    if pause > LATE:
        return Expert("warning", f"RTP: a packet of {pause:.1f} s ago again: a replay")
    return Expert("note", "RTP: the same packet again: a duplicate")


def _ends_in_ekt(packet: bytes) -> bool:
    try:
        return bool(peel_ekt(packet)[1].ciphertext) or packet.endswith(b"\0")
    except DecodeError:
        return False

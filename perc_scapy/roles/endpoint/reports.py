# SPDX-License-Identifier: GPL-2.0-only
"""When an endpoint sends RTCP reports and what it makes of those it gets (RFC 3550 sections 6.2, 6.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from perc_scapy.errors import DecodeError
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import ReportReceived, SourceLeft
from perc_scapy.roles.endpoint.receive import ReceivingSide
from perc_scapy.roles.endpoint.rtcp import (
    MAX_BLOCKS,
    Goodbye,
    Report,
    ReportBlock,
    build_description,
    build_goodbye,
    build_report,
    middle32,
    ntp_time,
    parse_compound_untrusted,
)
from perc_scapy.roles.endpoint.send import SendingStream


class Reporter:
    """Makes one compound packet every `report_interval` seconds on average: SR or RR, and SDES with the CNAME."""

    def __init__(
        self,
        config: EndpointConfig,
        stream: SendingStream,
        receiving: ReceivingSide,
        random: Callable[[int], bytes],
        now: float,
    ) -> None:
        self._config, self._stream, self._receiving, self._random = (
            config,
            stream,
            receiving,
            random,
        )
        # RFC 7022 section 4.2: a random name says nothing about the person (R8871-15).
        self._cname = config.cname or random(12).hex()
        self._turn = 0
        self.due = self._next(now) - config.report_interval / 2
        """Time of the next report; the first one comes early (RFC 3550 6.2)."""

    def _next(self, now: float) -> float:
        # RFC 3550 6.2: 0.5 to 1.5 of the interval, so that reports of many endpoints do not fall together.
        factor = 0.5 + int.from_bytes(self._random(2), "big") / 65536
        return now + factor * self._config.report_interval

    def report(self, now: float) -> bytes:
        """A compound packet in clear."""
        self.due = self._next(now)
        blocks = tuple(self._blocks(now))
        report = Report(self._stream.ssrc, self._stream.sender_info(now), blocks)
        return build_report(report) + build_description(self._stream.ssrc, self._cname)

    def goodbye(self, now: float) -> bytes:
        """The last compound packet: report, SDES, BYE (RFC 3550 6.6)."""
        return self.report(now) + build_goodbye(self._stream.ssrc)

    def _blocks(self, now: float) -> Iterable[ReportBlock]:
        """Up to 31 sources, each report going on where the one before stopped (RFC 3550 6.1)."""
        sources = list(self._receiving.sources.values())
        if not sources:
            return
        self._turn %= len(sources)
        chosen = sources[self._turn :] + sources[: self._turn]
        self._turn += MAX_BLOCKS
        for source in islice(chosen, MAX_BLOCKS):
            yield source.statistics.block(now)

    def received_untrusted(self, data: bytes, now: float) -> list[ReportReceived | SourceLeft]:
        """Events of a compound packet of another participant. Raises `DecodeError`."""
        if not data:
            raise DecodeError("RTCP: empty packet", 0)
        events: list[ReportReceived | SourceLeft] = []
        for packet in parse_compound_untrusted(data):
            if isinstance(packet, Report):
                events += self._read_report(packet, now)
            elif isinstance(packet, Goodbye):
                events += [SourceLeft(ssrc, now) for ssrc in packet.ssrcs]
        return events

    def _read_report(self, report: Report, now: float) -> Iterable[ReportReceived]:
        source = self._receiving.sources.get(report.ssrc)
        if report.info is not None and source is not None:
            source.statistics.sender_report(report.info.ntp, now)
        for block in report.blocks:
            yield ReportReceived(
                report.ssrc,
                block.ssrc,
                block.fraction_lost / 256,
                block.lost,
                block.highest_sequence,
                block.jitter / self._config.clock_rate,
                self._round_trip(block, now),
                now,
            )

    def _round_trip(self, block: ReportBlock, now: float) -> float | None:
        if block.ssrc != self._stream.ssrc or not block.last_sr:
            return None
        elapsed = middle32(ntp_time(now)) - block.last_sr - block.since_last_sr & 0xFFFFFFFF
        # Rounding may make it a unit less than nothing, which is not 18 hours.
        return 0.0 if elapsed >> 31 else elapsed / 65536

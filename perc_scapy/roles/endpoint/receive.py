# SPDX-License-Identifier: GPL-2.0-only
"""What an endpoint receives: media of any number of senders, opened on all layers, with statistics for each."""

from __future__ import annotations

from dataclasses import dataclass

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.ekt_receiver import EktReceiver
from perc_scapy.crypto.perc import PercReceiver
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import (
    CryptoError,
    DecodeError,
    KeyExhaustedError,
    ReplayError,
    UnknownSpiError,
)
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import Drop, MediaReceived, SenderKeyLearned
from perc_scapy.roles.endpoint.rtp import parse_rtp_untrusted, ssrc_of
from perc_scapy.roles.endpoint.stats import ReceptionStatistics

_DROPS: tuple[tuple[type[Exception], Drop], ...] = (
    (UnknownSpiError, Drop.UNKNOWN_SPI),
    (ReplayError, Drop.REPLAYED),
    (KeyExhaustedError, Drop.KEY_EXHAUSTED),
    (CryptoError, Drop.AUTHENTICATION),
    (DecodeError, Drop.MALFORMED),
)


SILENT_INTERVALS = 5
"""Report intervals without a packet after which a source makes room for a new one (RFC 3550 section 6.3.5)."""


class Dropped(Exception):  # not an error of ours: an outcome for the counters
    """A packet had no effect; `drop` names the counter."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop
        super().__init__(drop)


@dataclass(slots=True)
class SourceStatus:
    """What is known of a sender (RFC 8871 section 4.3: an endpoint keeps its senders and their keys)."""

    statistics: ReceptionStatistics
    heard_at: float = 0.0
    spi: int | None = None
    epoch: int | None = None
    key_id: str | None = None


class ReceivingSide:
    """Opens packets that arrive from the MDD."""

    def __init__(self, config: EndpointConfig, profile: int, outer: SrtpContext) -> None:
        self._config, self._outer = config, outer
        self.sources: dict[int, SourceStatus] = {}
        self._tidied_at = 0.0
        row = SRTP_PROFILES[profile]
        self.ekt: EktReceiver | None = None
        self._perc: PercReceiver | None = None
        if row.is_double:
            self.ekt = EktReceiver(key_length=row.layer.key_length, max_ssrcs=config.max_sources)
            self._perc = PercReceiver(profile, outer, self.ekt)

    def add_parameters(self, parameters: EktParameters, now: float) -> None:
        """An EKT key, good for receiving at once. Raises `CryptoError` when it cannot be used."""
        if self.ekt is not None:
            self.ekt.add_parameters(parameters, now)

    def clear(self) -> None:
        """Forget all senders and keys (RFC 8871 section 4.3: at the latest when leaving)."""
        self.sources.clear()
        if self.ekt is not None:
            self.ekt.clear()

    def unprotect_untrusted(
        self, wire: bytes, now: float
    ) -> tuple[MediaReceived, SenderKeyLearned | None]:
        """Open a packet. Raises `Dropped` only."""
        if len(wire) < 12:
            raise Dropped(Drop.MALFORMED)
        if ssrc_of(wire) not in self.sources and self._full(now):
            raise Dropped(Drop.TOO_MANY_SOURCES)
        try:
            return self._open(wire, now)
        except (CryptoError, DecodeError) as error:
            raise Dropped(self._drop_for(error, ssrc_of(wire))) from None

    def _full(self, now: float) -> bool:
        """Whether there is no room for a source; who fell silent makes some, or a few SSRCs of a member that comes
        and goes would deafen us to everybody who comes later."""
        if len(self.sources) < self._config.max_sources:
            return False
        if now - self._tidied_at >= self._config.report_interval:
            self._tidied_at = now
            before = now - SILENT_INTERVALS * self._config.report_interval
            for ssrc in [s for s, status in self.sources.items() if status.heard_at < before]:
                del self.sources[ssrc]
        return len(self.sources) >= self._config.max_sources

    def _drop_for(self, error: Exception, ssrc: int) -> Drop:
        drop = next(drop for kind, drop in _DROPS if isinstance(error, kind))
        heard = self._outer.last_index(ssrc) is not None
        if drop is Drop.AUTHENTICATION and heard and self.ekt and ssrc not in self.ekt.ssrcs():
            return Drop.NO_SENDER_KEY
        return drop

    def _open(self, wire: bytes, now: float) -> tuple[MediaReceived, SenderKeyLearned | None]:
        spi = epoch = key_id = None
        if self._perc is None:
            rtp = outer_header = self._outer.unprotect(wire)
        else:
            packet = self._perc.unprotect(wire, now)
            rtp, outer_header = packet.rtp, packet.outer_header
            spi, epoch, key_id = packet.spi, packet.epoch, packet.key_id
        fields = parse_rtp_untrusted(rtp)
        source = self._source(fields.ssrc)
        source.heard_at = now
        source.statistics.packet(fields.sequence, fields.timestamp, now)
        learned = None
        if key_id is not None and source.key_id != key_id and spi is not None and epoch is not None:
            source.spi, source.epoch, source.key_id = spi, epoch, key_id
            learned = SenderKeyLearned(fields.ssrc, spi, epoch, key_id)
        media = MediaReceived(
            fields.ssrc,
            fields.sequence,
            fields.timestamp,
            fields.payload_type,
            fields.marker,
            fields.payload,
            int.from_bytes(outer_header[2:4], "big"),
            outer_header[1] & 0x7F,
            spi,
            epoch,
            key_id,
            now,
        )
        return media, learned

    def _source(self, ssrc: int) -> SourceStatus:
        if ssrc not in self.sources:
            self.sources[ssrc] = SourceStatus(ReceptionStatistics(ssrc, self._config.clock_rate))
        return self.sources[ssrc]

    def unprotect_rtcp_untrusted(self, wire: bytes) -> bytes:
        """A compound RTCP packet in clear. Raises `Dropped` only."""
        try:
            return self._outer.unprotect_rtcp(wire)
        except (CryptoError, DecodeError) as error:
            raise Dropped(next(d for kind, d in _DROPS if isinstance(error, kind))) from None

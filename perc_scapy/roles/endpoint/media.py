# SPDX-License-Identifier: GPL-2.0-only
"""The media side of an endpoint, from the moment its hop keys exist: its stream, the senders it hears, RTCP.

It produces datagrams and events and counts what it drops; DTLS is not its business.
"""

from __future__ import annotations

from collections.abc import Callable

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import ExportedKeys
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import DecodeError, KeyExhaustedError
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import (
    Drop,
    EktKeyInstalled,
    EndpointEvent,
    MediaReady,
    SendingKeyExpired,
    SourceLeft,
)
from perc_scapy.roles.endpoint.receive import Dropped, ReceivingSide
from perc_scapy.roles.endpoint.reports import Reporter
from perc_scapy.roles.endpoint.rtp import ssrc_of
from perc_scapy.roles.endpoint.send import SendingStream

COLLISION_PAUSE = 10.0
"""Seconds between two changes of the own SSRC: who answers each new one must not keep us changing."""


class MediaPlane:
    """`hop`: the outer halves of a double's keys, or the keys of a plain profile, `client` for sending."""

    def __init__(
        self,
        config: EndpointConfig,
        profile: int,
        hop: ExportedKeys,
        *,
        random: Callable[[int], bytes],
        emit: Callable[[EndpointEvent], None],
        count: Callable[[Drop], None],
    ) -> None:
        self._config, self._random, self._emit, self._count = config, random, emit, count
        layer = SRTP_PROFILES[profile].layer.code
        self.stream = SendingStream(config, profile, SrtpContext(layer, *hop.client), random)
        self.receiving = ReceivingSide(config, profile, SrtpContext(layer, *hop.server))
        self.reporter: Reporter | None = None
        """Exists once media may be sent."""
        self._expired: int | None = None
        self._collided_at = float("-inf")
        self._out: list[bytes] = []

    @property
    def ready(self) -> bool:
        """True when media may be sent."""
        return self.stream.ready

    # -- keys and time --------------------------------------------------------------------------------------------

    def add_parameters(self, parameters: EktParameters, now: float) -> None:
        """Take an EKT key: for receiving at once, for sending as configured. Raises `CryptoError`."""
        self.receiving.add_parameters(parameters, now)
        first = self.stream.add_parameters(parameters, now)
        self._emit(EktKeyInstalled(parameters.spi, parameters.key.id, parameters.ttl, first))
        if first:
            key = self.stream.key_event()
            self.begin(key.spi, key.key_id, now)

    def rekey(self, now: float) -> bool:
        """Change the own master key; False when all epochs of the EKT key are used."""
        try:
            self._emit(self.stream.rekey(now))
        except KeyExhaustedError:
            self._send_key_expired()
            return False
        return True

    def begin(self, spi: int | None, key_id: str | None, now: float) -> None:
        """Media may flow: start reporting."""
        self.reporter = Reporter(self._config, self.stream, self.receiving, self._random, now)
        self._emit(MediaReady(self.stream.ssrc, spi, key_id))

    def get_timer(self) -> float | None:
        """The earlier of the next change of the sending key and the next report."""
        due = None if self.reporter is None else self.reporter.due
        return min((t for t in (self.stream.get_timer(), due) if t is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """Change the sending key, send a report."""
        changed = self.stream.change_keys(now)
        if changed is not None:
            self._emit(changed)
        if self.reporter is not None and now >= self.reporter.due:
            self.send_rtcp(self.reporter.report(now))

    def goodbye(self, now: float) -> None:
        """RTCP BYE."""
        if self.reporter is not None:
            self.send_rtcp(self.reporter.goodbye(now))

    def clear(self) -> None:
        """Forget senders and keys."""
        self.receiving.clear()

    # -- out ------------------------------------------------------------------------------------------------------

    def take(self) -> list[bytes]:
        """Datagrams to send, each once."""
        out, self._out = self._out, []
        return out

    def send_rtp(
        self, payload: bytes, timestamp: int, payload_type: int, marker: bool, now: float
    ) -> bool:
        """Protect and queue one packet; False when the key is past its life."""
        return self._send(
            lambda: self.stream.protect(payload, timestamp, payload_type, marker, now)
        )

    def send_rtcp(self, packet: bytes) -> bool:
        """Protect and queue a compound RTCP packet; False when the key is past its life."""
        return self._send(lambda: self.stream.protect_rtcp(packet))

    def _send(self, protect: Callable[[], bytes]) -> bool:
        try:
            self._out.append(protect())
        except KeyExhaustedError:
            self._send_key_expired()
            return False
        return True

    def _send_key_expired(self) -> None:
        self._count(Drop.SEND_KEY_EXHAUSTED)
        spi = None if self.stream.ekt is None else self.stream.ekt.spi
        if spi is None or self._expired != spi:
            self._expired = spi
            self._emit(SendingKeyExpired(spi))

    # -- in -------------------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float, *, rtcp: bool) -> None:
        """One datagram that looks like RTP or RTCP; never raises."""
        try:
            if not self.ready or self.reporter is None:
                raise Dropped(Drop.NO_KEYS)
            if rtcp:
                self._receive_rtcp(self.reporter, data, now)
            else:
                self._receive_rtp(data, now)
        except Dropped as outcome:
            self._count(outcome.drop)

    def _receive_rtp(self, data: bytes, now: float) -> None:
        if len(data) >= 12 and ssrc_of(data) == self.stream.ssrc:
            # A loop, or a second sender with our number (RFC 3550 8.2): nothing of it can be ours to play.
            self._meet_own_ssrc_untrusted(data, now)
            raise Dropped(Drop.OWN_SSRC)
        media, learned = self.receiving.unprotect_untrusted(data, now)
        if learned is not None:
            self._emit(learned)
        self._emit(media)

    def _meet_own_ssrc_untrusted(self, data: bytes, now: float) -> None:
        """Another one's authentic media make us choose a new SSRC; our own that come back, or forged ones, do not."""
        if now - self._collided_at < COLLISION_PAUSE:
            return
        try:
            media, _ = self.receiving.unprotect_untrusted(data, now)
        except Dropped:
            return
        if media.key_id is not None and media.key_id == self.stream.key_id:
            self.receiving.sources.pop(media.ssrc, None)  # a loop
            return
        self._collided_at = now
        self.goodbye(now)
        self._emit(self.stream.change_ssrc(now))

    def _receive_rtcp(self, reporter: Reporter, data: bytes, now: float) -> None:
        compound = self.receiving.unprotect_rtcp_untrusted(data)
        try:
            events = reporter.received_untrusted(compound, now)
        except DecodeError:
            raise Dropped(Drop.MALFORMED) from None
        for event in events:
            if isinstance(event, SourceLeft):
                self.receiving.sources.pop(event.ssrc, None)
            self._emit(event)

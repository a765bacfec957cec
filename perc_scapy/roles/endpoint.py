# SPDX-License-Identifier: GPL-2.0-only
"""A PERC endpoint: DTLS client of the KMF, sender and receiver of end-to-end protected media. Sans-IO.

Everything goes to and comes from one address, that of its MDD. It needs no knowledge of the tunnel behind it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any

from perc_scapy.codes import AlertDescription, EktCipher, ProtectionProfile
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import EXPORTER_LABEL, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.dtls import (
    ApplicationDataReceived,
    ConnectionClosed,
    DtlsClient,
    DtlsConfig,
    EktKeyReceived,
    HandshakeCompleted,
    PeerInfo,
)
from perc_scapy.errors import CryptoError, DecodeError, KeyExhaustedError
from perc_scapy.roles.endpoint_config import EndpointConfig
from perc_scapy.roles.endpoint_events import (
    DTLS_PREFIX,
    Drop,
    EktKeyInstalled,
    EndpointClosed,
    HopKeysReady,
    MediaReady,
    SendingKeyExpired,
    SourceLeft,
)
from perc_scapy.roles.endpoint_receive import Dropped, ReceivingSide, SourceStatus
from perc_scapy.roles.endpoint_reports import Reporter
from perc_scapy.roles.endpoint_rtp import ssrc_of
from perc_scapy.roles.endpoint_send import SendingStream
from perc_scapy.wire import classify


class Endpoint:
    """Drive it with `start`, `receive_datagram`, `handle_timer`, `send_rtp`, `send_rtcp`, `leave`; after each, collect
    `datagrams_to_send()`, `next_event()` and `get_timer()`. `random(n)` returns n octets.

    Nothing that arrives raises; what has no effect is counted in `counters` (`ENDPOINT_COUNTERS`).
    """

    def __init__(
        self,
        config: EndpointConfig,
        *,
        random: Callable[[int], bytes],
        keylog: Callable[[str], None] | None = None,
    ) -> None:
        self.config = config
        self.counters: Counter[str] = Counter()
        self._random = random
        self._events: deque[Any] = deque()
        self._media: list[bytes] = []
        self._stream: SendingStream | None = None
        self._receiving: ReceivingSide | None = None
        self._reporter: Reporter | None = None
        self._expired: int | None = None
        self._client = DtlsClient(self._dtls_config(keylog))

    def _dtls_config(self, keylog: Callable[[str], None] | None) -> DtlsConfig:
        config = self.config
        return DtlsConfig(
            config.identity,
            self._verify,
            random=self._random,
            srtp_profiles=config.profiles,
            require_srtp=True,
            ekt_ciphers=config.ekt_ciphers,
            require_ekt=not config.hbh_only,
            external_session_id=None if config.tls_id is None else config.tls_id.encode(),
            mtu=config.mtu,
            keylog=keylog,
        )

    def _verify(self, peer: PeerInfo) -> int | None:
        """The one certificate that this endpoint trusts, under the session that it expects."""
        if peer.fingerprint != self.config.kmf_fingerprint:
            return AlertDescription.BAD_CERTIFICATE
        expected = self.config.kmf_tls_id
        if expected is not None and peer.external_session_id != expected.encode():
            return AlertDescription.ILLEGAL_PARAMETER  # RFC 8844 section 4.3
        strong = ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM
        if strong in peer.srtp_profiles and EktCipher.AESKW_256 not in peer.ekt_ciphers:
            return AlertDescription.ILLEGAL_PARAMETER  # RFC 8870 section 6
        return None

    # -- state --------------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """True while media can be sent: hop keys exist, and with EKT the first ekt_key is here."""
        return self._stream is not None and self._stream.ready

    @property
    def closed(self) -> bool:
        """True after the end: nothing more will be sent or received."""
        return self._client.closed

    @property
    def ssrc(self) -> int | None:
        """Own SSRC, once hop keys exist."""
        return None if self._stream is None else self._stream.ssrc

    @property
    def sources(self) -> Mapping[int, SourceStatus]:
        """Senders heard, by SSRC, with the names of their keys."""
        return MappingProxyType(self._receiving.sources if self._receiving else {})

    def spis(self, now: float) -> list[int]:
        """SPIs of the EKT keys held, oldest first."""
        ekt = self._receiving.ekt if self._receiving else None
        return [] if ekt is None else ekt.spis(now)

    # -- verbs --------------------------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Send the ClientHello. Raises `LocalError` the second time."""
        self._client.start(now)

    def receive_datagram(self, data: bytes, addr: Hashable, now: float) -> None:
        """One UDP payload from the MDD."""
        if self.config.mdd_addr is not None and addr != self.config.mdd_addr:
            return self._count(Drop.FOREIGN_ADDRESS)
        kind = classify(data)
        if kind == "dtls":
            self._client.receive_datagram(data, now)
            self._pump(now)
        elif kind not in ("rtp", "rtcp"):
            self._count(Drop.UNKNOWN_PACKET)
        elif not self.ready or self._receiving is None:
            self._count(Drop.NO_KEYS)
        else:
            self._receive_media(kind == "rtcp", data, now)
        return None

    def next_event(self) -> Any | None:
        """The oldest event of `endpoint_events` not yet taken."""
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Hashable]]:
        """Everything to send, each once, with `mdd_addr`."""
        media, self._media = self._media, []
        dtls = [bytes(datagram) for datagram in self._client.datagrams_to_send(now)]
        return [(datagram, self.config.mdd_addr) for datagram in media + dtls]

    def get_timer(self) -> float | None:
        """When `handle_timer` is due."""
        timers = [self._client.get_timer()]
        if self._stream is not None:
            timers.append(self._stream.get_timer())
        if self._reporter is not None:
            timers.append(self._reporter.due)
        return min((t for t in timers if t is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """DTLS retransmissions, the change to a newer EKT key for sending, RTCP reports."""
        self._client.handle_timer(now)
        self._pump(now)
        if self._stream is not None and (changed := self._stream.change_keys(now)) is not None:
            self._events.append(changed)
        if self._reporter is not None and now >= self._reporter.due:
            self.send_rtcp(self._reporter.report(now), now)

    def send_rtp(
        self,
        payload: bytes,
        *,
        timestamp: int,
        payload_type: int = 0,
        marker: bool = False,
        now: float,
    ) -> bool:
        """Send one packet of the own stream; False, and counted, when no usable key is there.

        `timestamp` counts media clock units from a start of the caller's choice; a random offset is added.
        """
        if self._stream is None or not self._stream.ready:
            self._count(Drop.NOT_READY)
            return False
        try:
            wire = self._stream.protect(payload, timestamp, payload_type, marker, now)
        except KeyExhaustedError:
            self._send_key_expired()
            return False
        self._media.append(wire)
        return True

    def send_rtcp(self, packet: bytes, now: float) -> bool:
        """Send a compound RTCP packet, hop-by-hop protected; False, and counted, when no key is there."""
        if self._stream is None or not self._stream.ready:
            self._count(Drop.NOT_READY)
            return False
        try:
            self._media.append(self._stream.protect_rtcp(packet))
        except KeyExhaustedError:
            self._send_key_expired()
            return False
        return True

    def leave(self, now: float) -> None:
        """RTCP BYE, close_notify, and every key forgotten."""
        if self._reporter is not None:
            self.send_rtcp(self._reporter.goodbye(now), now)
        self._client.close(now)
        self._pump(now)

    # -- DTLS ---------------------------------------------------------------------------------------------------

    def _pump(self, now: float) -> None:
        for name, number in self._client.counters.items():
            self.counters[DTLS_PREFIX + name] += number
        self._client.counters.clear()
        while (event := self._client.next_event()) is not None:
            match event:
                case HandshakeCompleted():
                    self._completed(event, now)
                case EktKeyReceived():
                    self._ekt_key(event.parameters, now)
                case ConnectionClosed():
                    self._closed(event)
                case ApplicationDataReceived():
                    self._count(Drop.UNEXPECTED_DATA)

    def _completed(self, event: HandshakeCompleted, now: float) -> None:
        if not self._client.established:
            return  # an alert came in the same datagram as the Finished
        profile = event.srtp_profile
        assert profile is not None  # require_srtp
        row = SRTP_PROFILES[profile]
        keys = split_exporter(profile, self._client.export(EXPORTER_LABEL, row.export_length))
        # RFC 8871 section 6.2: the second half is for the hop; the first, which the KMF knows too, is dropped.
        hop = keys.outer() if row.is_double else keys
        send, receive = (SrtpContext(row.layer.code, *key) for key in (hop.client, hop.server))
        self._stream = SendingStream(self.config, profile, send, self._random)
        self._receiving = ReceivingSide(self.config, profile, receive)
        self._events.append(
            HopKeysReady(
                profile,
                event.ekt_cipher,
                event.peer_fingerprint or "",
                hop.client.key.id,
                hop.server.key.id,
            )
        )
        if self._stream.ready:
            self._media_ready(self._stream, None, None, now)

    def _ekt_key(self, parameters: EktParameters, now: float) -> None:
        if self._stream is None or self._receiving is None:
            return
        try:
            self._receiving.add_parameters(parameters, now)
            first = self._stream.add_parameters(parameters, now)
        except CryptoError:
            # RFC 8870 section 5.2.2: an EKTKey that cannot be used is answered with an alert.
            self._client.close(now, AlertDescription.ILLEGAL_PARAMETER)
            return
        self._events.append(
            EktKeyInstalled(parameters.spi, parameters.key.id, parameters.ttl, first)
        )
        if first:
            key = self._stream.key_event()
            self._media_ready(self._stream, key.spi, key.key_id, now)

    def _media_ready(
        self, stream: SendingStream, spi: int | None, key_id: str | None, now: float
    ) -> None:
        assert self._receiving is not None
        self._reporter = Reporter(self.config, stream, self._receiving, self._random, now)
        self._events.append(MediaReady(stream.ssrc, spi, key_id))

    def _closed(self, event: ConnectionClosed) -> None:
        # RFC 8871 section 4.3: old keys are discarded at the latest when leaving.
        if self._receiving is not None:
            self._receiving.clear()
        self._stream = self._receiving = self._reporter = None
        self._events.append(EndpointClosed(event.reason, event.alert, event.local))

    # -- media --------------------------------------------------------------------------------------------------

    def _receive_media(self, rtcp: bool, data: bytes, now: float) -> None:
        try:
            if rtcp:
                self._receive_rtcp(data, now)
            else:
                self._receive_rtp(data, now)
        except Dropped as outcome:
            self._count(outcome.drop)

    def _receive_rtp(self, data: bytes, now: float) -> None:
        assert self._receiving is not None
        if len(data) >= 12 and ssrc_of(data) == self.ssrc:
            # A loop, or a second sender with our number (RFC 3550 8.2): nothing of it can be ours to play.
            raise Dropped(Drop.OWN_SSRC)
        media, learned = self._receiving.unprotect_untrusted(data, now)
        if learned is not None:
            self._events.append(learned)
        self._events.append(media)

    def _receive_rtcp(self, data: bytes, now: float) -> None:
        assert self._receiving is not None
        assert self._reporter is not None
        compound = self._receiving.unprotect_rtcp_untrusted(data)
        try:
            events = self._reporter.received_untrusted(compound, now)
        except DecodeError:
            raise Dropped(Drop.MALFORMED) from None
        for event in events:
            if isinstance(event, SourceLeft):
                self._receiving.sources.pop(event.ssrc, None)
            self._events.append(event)

    def _send_key_expired(self) -> None:
        self._count(Drop.SEND_KEY_EXHAUSTED)
        ekt = self._stream.ekt if self._stream else None
        spi = None if ekt is None else ekt.spi
        if self._expired != spi or ekt is None:
            self._expired = spi
            self._events.append(SendingKeyExpired(spi))

    def _count(self, drop: Drop) -> None:
        self.counters[drop] += 1

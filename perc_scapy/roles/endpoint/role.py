# SPDX-License-Identifier: GPL-2.0-only
"""A PERC endpoint: DTLS client of the KMF, sender and receiver of end-to-end protected media. Sans-IO.

Everything goes to and comes from one address, that of its MDD. It needs no knowledge of the tunnel behind it.
Media are in `endpoint_media`; here are the verbs and the DTLS side.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType

from perc_scapy.codes import AlertDescription, EktCipher, ProtectionProfile
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import EXPORTER_LABEL, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import (
    ApplicationDataReceived,
    ConnectionClosed,
    DtlsClient,
    DtlsConfig,
    EktKeyReceived,
    HandshakeCompleted,
    PeerInfo,
)
from perc_scapy.errors import CryptoError
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import (
    DTLS_PREFIX,
    Drop,
    EndpointClosed,
    EndpointEvent,
    HopKeysReady,
)
from perc_scapy.roles.endpoint.media import MediaPlane
from perc_scapy.roles.endpoint.receive import SourceStatus
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
        self._events: deque[EndpointEvent] = deque()
        self._out: list[bytes] = []
        self._media: MediaPlane | None = None
        self.refused_kmf: str | None = None
        """Fingerprint of a certificate that was shown in the place of the configured KMF's."""
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
            self.refused_kmf = peer.fingerprint
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
        return self._media is not None and self._media.ready

    @property
    def closed(self) -> bool:
        """True after the end: nothing more will be sent or received."""
        return self._client.closed

    @property
    def ssrc(self) -> int | None:
        """Own SSRC, once hop keys exist."""
        return None if self._media is None else self._media.stream.ssrc

    @property
    def sources(self) -> Mapping[int, SourceStatus]:
        """Senders heard, by SSRC, with the names of their keys."""
        return MappingProxyType(self._media.receiving.sources if self._media else {})

    def spis(self, now: float) -> list[int]:
        """SPIs of the EKT keys held, oldest first."""
        ekt = self._media.receiving.ekt if self._media else None
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
            return self._pump(now)
        if kind not in ("rtp", "rtcp"):
            return self._count(Drop.UNKNOWN_PACKET)
        if self._media is None:
            return self._count(Drop.NO_KEYS)
        return self._media.receive(data, now, rtcp=kind == "rtcp")

    def next_event(self) -> EndpointEvent | None:
        """The oldest event of `endpoint_events` not yet taken."""
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Hashable]]:
        """Everything to send, each once, with `mdd_addr`: media first, so that a BYE is out before close_notify."""
        media = self._out if self._media is None else self._out + self._media.take()
        dtls = [bytes(datagram) for datagram in self._client.datagrams_to_send(now)]
        self._out = []
        return [(datagram, self.config.mdd_addr) for datagram in media + dtls]

    def get_timer(self) -> float | None:
        """When `handle_timer` is due."""
        media = None if self._media is None else self._media.get_timer()
        timers = [t for t in (self._client.get_timer(), media) if t is not None]
        return min(timers, default=None)

    def handle_timer(self, now: float) -> None:
        """DTLS retransmissions, the change to a newer EKT key for sending, RTCP reports."""
        self._client.handle_timer(now)
        self._pump(now)
        if self._media is not None:
            self._media.handle_timer(now)

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
        Raises `LocalError` for a payload type that would pass for RTCP.
        """
        if self._media is None or not self._media.ready:
            self._count(Drop.NOT_READY)
            return False
        return self._media.send_rtp(payload, timestamp, payload_type, marker, now)

    def send_rtcp(self, packet: bytes, now: float) -> bool:
        """Send a compound RTCP packet, hop-by-hop protected; False, and counted, when no key is there."""
        if self._media is None or not self._media.ready:
            self._count(Drop.NOT_READY)
            return False
        return self._media.send_rtcp(packet)

    def rekey(self, now: float) -> bool:
        """Change the own end-to-end key (RFC 8871 section 4.2 allows it at any time); False, and counted, without one.

        Raises `LocalError` in an hbh_only conference.
        """
        if self._media is None or not self._media.ready:
            self._count(Drop.NOT_READY)
            return False
        return self._media.rekey(now)

    def leave(self, now: float) -> None:
        """RTCP BYE, close_notify, and every key forgotten."""
        if self._media is not None:
            self._media.goodbye(now)
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
        profile = event.srtp_profile
        if profile is None or not self._client.established:
            return  # an alert came in the same datagram as the Finished
        row = SRTP_PROFILES[profile]
        keys = split_exporter(profile, self._client.export(EXPORTER_LABEL, row.export_length))
        # RFC 8871 section 6.2: the second half is for the hop; the first, which the KMF knows too, is dropped.
        hop = keys.outer() if row.is_double else keys
        self._media = MediaPlane(
            self.config,
            profile,
            hop,
            random=self._random,
            emit=self._events.append,
            count=self._count,
        )
        kmf, names = event.peer_fingerprint or "", (hop.client.key.id, hop.server.key.id)
        self._events.append(HopKeysReady(profile, event.ekt_cipher, kmf, *names))
        if self._media.ready:
            self._media.begin(None, None, now)

    def _ekt_key(self, parameters: EktParameters, now: float) -> None:
        if self._media is None:
            return
        try:
            self._media.add_parameters(parameters, now)
        except CryptoError:
            # RFC 8870 section 5.2.2: an EKTKey that cannot be used is answered with an alert.
            self._client.close(now, AlertDescription.ILLEGAL_PARAMETER)

    def _closed(self, event: ConnectionClosed) -> None:
        if self._media is not None:
            # RFC 8871 section 4.3: old keys are discarded at the latest when leaving.
            self._out += self._media.take()
            self._media.clear()
        self._media = None
        self._events.append(EndpointClosed(event.reason, event.alert, event.local))

    def _count(self, drop: Drop) -> None:
        self.counters[drop] += 1

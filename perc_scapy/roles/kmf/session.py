# SPDX-License-Identifier: GPL-2.0-only
"""One DTLS handshake of an endpoint with the KMF, and the membership that follows when it completes.

States and what moves them: `kmf_states`. What the engine reports is turned into calls of a `SessionOwner`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from perc_scapy.codes import AlertDescription
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import EXPORTER_LABEL, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import (
    ApplicationDataReceived,
    ConnectionClosed,
    Datagram,
    DtlsConfig,
    DtlsServer,
    EktKeyAcknowledged,
    EktKeyUndelivered,
    HandshakeCompleted,
    PeerInfo,
)
from perc_scapy.dtls.flight import sooner
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf.conference import ConferenceState
from perc_scapy.roles.kmf.config import KmfConfig, Member
from perc_scapy.roles.kmf.events import LeaveReason, Refusal
from perc_scapy.roles.kmf.states import TRANSITIONS, State, Step
from perc_scapy.tunnel.messages import HopKeys

NO_PROFILE = "no common SRTP profile"
NO_EKT_CIPHER = "no common EKT cipher"
"""Reasons of `ConnectionClosed` that have a counter of their own."""


class SessionOwner(Protocol):
    """Told what became of a session."""

    def completed(self, session: KmfSession, now: float) -> None: ...

    def key_sent(self, session: KmfSession, parameters: EktParameters) -> None: ...

    def key_delivered(self, session: KmfSession, spi: int) -> None: ...

    def refused(self, session: KmfSession, reason: Refusal, alert: int | None) -> None: ...

    def left(self, session: KmfSession, reason: LeaveReason) -> None: ...

    def count(self, refusal: Refusal) -> None: ...

    def engine_counted(self, counters: Mapping[str, int]) -> None: ...


class KmfSession:
    """A DTLS server with the KMF's policy. Profiles are those that the MDD listed for this association."""

    def __init__(
        self,
        owner: SessionOwner,
        config: KmfConfig,
        conference: ConferenceState,
        profiles: tuple[int, ...],
        *,
        random: Callable[[int], bytes],
        keylog: Callable[[str], None] | None,
        client_random: bytes,
        deadline: float,
    ) -> None:
        self.owner, self.conference = owner, conference
        self.client_random = client_random
        self.deadline: float | None = deadline
        """End of the half-open time; None once the handshake is complete."""
        self.state = State.HANDSHAKE
        self.member: Member | None = None
        self.fingerprint: str | None = None
        self.hop_keys: HopKeys | None = None
        self.spi: int | None = None
        """Of the newest EKT key that the member acknowledged."""
        self.finished_sent = False
        self._newest: int | None = None
        self._refusal: Refusal | None = None
        self._leaving = LeaveReason.CLOSED
        self._mdd_has_profile = conference.config.profile in profiles
        self.server = DtlsServer(self._dtls_config(config, random, keylog))

    def _dtls_config(
        self,
        config: KmfConfig,
        random: Callable[[int], bytes],
        keylog: Callable[[str], None] | None,
    ) -> DtlsConfig:
        conference = self.conference.config
        tls_id = None if config.tls_id is None else config.tls_id.encode()
        return DtlsConfig(
            config.identity,
            self._verify,
            random=random,
            # AMB-25: without the profile in the MDD's list nothing is acceptable, so no key ever exists.
            srtp_profiles=(conference.profile,) if self._mdd_has_profile else (),
            require_srtp=True,
            ekt_ciphers=() if conference.ekt_cipher is None else (conference.ekt_cipher,),
            require_ekt=conference.ekt_cipher is not None,
            external_session_id=tls_id,
            mtu=config.mtu,
            keylog=keylog,
        )

    # -- policy -------------------------------------------------------------------------------------------------

    def _verify(self, peer: PeerInfo) -> int | None:
        """Default deny: the certificate must be on the list, and the tls-id the registered one."""
        self.fingerprint = peer.fingerprint
        member = self.conference.allowed.get(peer.fingerprint or "")
        if member is None:
            self._refusal = Refusal.NOT_A_MEMBER
            return AlertDescription.ACCESS_DENIED
        if member.tls_id is not None and peer.external_session_id != member.tls_id.encode():
            self._refusal = Refusal.TLS_ID_MISMATCH
            return AlertDescription.ILLEGAL_PARAMETER  # RFC 8844 section 4.3
        return None

    # -- verbs --------------------------------------------------------------------------------------------------

    def receive(self, datagram: bytes, now: float) -> None:
        """Feed the engine and act on what it says."""
        self.server.receive_datagram(datagram, now)
        self.pump(now)

    def handle_timer(self, now: float) -> None:
        """Retransmissions, and the end of a handshake that takes too long."""
        if self.deadline is not None and now >= self.deadline:
            self._refuse(Refusal.HALF_OPEN_TIMEOUT, None)
            return
        self.server.handle_timer(now)
        self.pump(now)

    def get_timer(self) -> float | None:
        """The nearer of the engine's timer and the half-open deadline."""
        if self.state is State.CLOSED:
            return None
        return sooner(self.server.get_timer(), self.deadline)

    def datagrams_to_send(self, now: float) -> list[Datagram]:
        """Also after the end: the last alert."""
        return self.server.datagrams_to_send(now)

    def send_ekt_key(self, parameters: EktParameters, now: float) -> None:
        """Queue an EKT key; the engine repeats it until acknowledged."""
        try:
            self.server.send_ekt_key(parameters)
        except LocalError:
            # 65536 handshake messages are all that DTLS can number (RFC 6347 4.2.2): the member has to come again.
            self.close(LeaveReason.EXHAUSTED, now)
            return
        self._newest = parameters.spi
        self._step(Step.KEY_SENT)
        self.owner.key_sent(self, parameters)

    def close(self, reason: LeaveReason, now: float) -> None:
        """End the association with close_notify."""
        self._leaving = reason
        self.server.close(now)
        self.pump(now)

    def abandon(self, reason: LeaveReason) -> None:
        """End it without a word: the path is gone, or the peer has replaced it."""
        if self.state is State.HANDSHAKE:
            self._refuse(Refusal.HANDSHAKE_ABANDONED, None)
        else:
            self._leave(reason)

    def evict(self) -> None:
        """End an unfinished handshake to make room."""
        self._refuse(Refusal.HALF_OPEN_CAP, None)

    # -- what the engine says -----------------------------------------------------------------------------------

    def pump(self, now: float) -> None:
        """Handle all waiting events of the engine, and take over what it counted."""
        if self.server.counters:
            self.owner.engine_counted(self.server.counters)
            self.server.counters.clear()
        while (event := self.server.next_event()) is not None:
            if self.state is not State.CLOSED:
                self._handle(event, now)

    def _handle(self, event: object, now: float) -> None:
        match event:
            case HandshakeCompleted():
                self._completed(event, now)
            case EktKeyAcknowledged():
                self._acknowledged(event.spi)
            case EktKeyUndelivered() if self.server.established:
                # AMB-21: a member that does not take a key can follow the conference no longer.
                self.close(LeaveReason.UNACKNOWLEDGED, now)
            case ConnectionClosed():
                self._closed(event)
            case ApplicationDataReceived():
                self.owner.count(Refusal.UNEXPECTED_DATA)

    def _completed(self, event: HandshakeCompleted, now: float) -> None:
        if not self.server.established:
            return  # its alert came in the same datagram as its Finished
        conference = self.conference.config
        member = self.conference.allowed.get(event.peer_fingerprint or "")
        agreed = (event.srtp_profile, event.ekt_cipher)
        if member is None or agreed != (conference.profile, conference.ekt_cipher):
            # The list changed during the handshake, or the engine agreed to what we never offered.
            self._refusal = Refusal.NOT_A_MEMBER if member is None else Refusal.HANDSHAKE_FAILED
            self.server.close(now, AlertDescription.ACCESS_DENIED)
            return
        self.member, self.deadline = member, None
        self.hop_keys = self._export(conference.profile)
        self._step(Step.COMPLETED)
        self.owner.completed(self, now)

    def _export(self, profile: int) -> HopKeys:
        # RFC 8871 section 6.2, T00-KMF-14: of a double profile only the second halves ever leave this function.
        length = SRTP_PROFILES[profile].export_length
        keys = split_exporter(profile, self.server.export(EXPORTER_LABEL, length))
        hop = keys.outer() if SRTP_PROFILES[profile].is_double else keys
        return HopKeys(profile, hop.client, hop.server)

    def _acknowledged(self, spi: int) -> None:
        self.spi = spi
        if spi == self._newest:
            self._step(Step.NEWEST_ACKNOWLEDGED)
        self.owner.key_delivered(self, spi)

    def _closed(self, event: ConnectionClosed) -> None:
        if self.state is State.HANDSHAKE:
            self._refuse(self._refusal or self._engine_refusal(event), event.alert)
        else:
            self._leave(self._leaving)

    def _engine_refusal(self, event: ConnectionClosed) -> Refusal:
        if event.reason == NO_PROFILE:
            lacking = Refusal.ENDPOINT_LACKS_PROFILE
            return lacking if self._mdd_has_profile else Refusal.MDD_LACKS_PROFILE
        if event.reason == NO_EKT_CIPHER:
            return Refusal.ENDPOINT_LACKS_EKT
        return Refusal.HANDSHAKE_FAILED

    def _refuse(self, reason: Refusal, alert: int | None) -> None:
        self._step(Step.CLOSED)
        self.owner.refused(self, reason, alert)

    def _leave(self, reason: LeaveReason) -> None:
        self._step(Step.CLOSED)
        self.owner.left(self, reason)

    def _step(self, step: Step) -> None:
        try:
            self.state = TRANSITIONS[self.state, step]
        except KeyError:
            raise LocalError(f"a session in state {self.state} cannot take: {step}") from None
        if self.state is State.CLOSED:
            self.deadline = None

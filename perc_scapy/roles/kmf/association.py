# SPDX-License-Identifier: GPL-2.0-only
"""One association of the KMF: the pair (tunnel, association_id) and the DTLS sessions that run on it.

There is one session, or for a while two: a new handshake runs beside an established session, which stays in force
until the new one completes (AMB-23, RFC 6347 section 4.2.8).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.dtls.flight import sooner
from perc_scapy.roles.kmf.conference import ConferenceState
from perc_scapy.roles.kmf.config import Member
from perc_scapy.roles.kmf.events import (
    EktKeyDelivered,
    EktKeySent,
    HandshakeRefused,
    HopKeysSent,
    LeaveReason,
    MemberJoined,
    MemberLeft,
    Refusal,
)
from perc_scapy.roles.kmf.output import KmfOutput
from perc_scapy.roles.kmf.session import KmfSession
from perc_scapy.tunnel.links import client_hello_random
from perc_scapy.tunnel.messages import TunneledDtls, TunnelVersion


@dataclass(eq=False, slots=True)
class KmfTunnel:
    """An authenticated tunnel (RFC 8871 section 4.5.1: no endpoint is served before)."""

    id: Hashable
    fingerprint: str
    token: bytes
    """Binds cookies to this tunnel."""
    profiles: tuple[int, ...] | None = None
    """The latest list of the MDD, for ClientHellos that come without one (AMB-12)."""
    conferences: set[bytes] = field(default_factory=set)
    associations: dict[bytes, KmfAssociation] = field(default_factory=dict)
    half_open: dict[KmfSession, None] = field(default_factory=dict)
    """Unfinished handshakes, oldest first."""


class KmfAssociation:
    """Routes datagrams to sessions, sessions' results to the conference, and answers back to the tunnel."""

    def __init__(
        self,
        tunnel: KmfTunnel,
        association_id: bytes,
        conference: ConferenceState,
        output: KmfOutput,
        codec: TunnelVersion,
        touch: Callable[[KmfAssociation], None],
    ) -> None:
        self.tunnel, self.id, self.conference = tunnel, association_id, conference
        self.profiles: tuple[int, ...] = ()
        """What the MDD listed when the running handshake began."""
        self.current: KmfSession | None = None
        self.successor: KmfSession | None = None
        self._closing: list[KmfSession] = []
        """Ended sessions whose last alert is still to be sent."""
        self._output, self._codec, self._touch = output, codec, touch

    # -- verbs --------------------------------------------------------------------------------------------------

    def begin(self, session: KmfSession) -> None:
        """Start a handshake, beside the session that is there; a second unfinished one gives way."""
        self.tunnel.half_open[session] = None
        self._touch(self)
        if self.successor is not None:
            self.successor.abandon(LeaveReason.REPLACED)
        if self.current is None:
            self.current = session
        else:
            self.successor = session

    def starts_anew(self, datagram: bytes) -> bool:
        """True for a ClientHello of a handshake that is not running here."""
        random = client_hello_random(datagram)
        return random is not None and all(s.client_random != random for s in self.sessions())

    def sessions(self) -> list[KmfSession]:
        """The one or two sessions in force."""
        return [s for s in (self.current, self.successor) if s is not None]

    def receive(self, datagram: bytes, now: float) -> None:
        """Hand a datagram to the session that it can belong to."""
        self._touch(self)
        for session in self._addressees(datagram):
            session.receive(datagram, now)

    def _addressees(self, datagram: bytes) -> list[KmfSession]:
        random = client_hello_random(datagram)
        for session in self.sessions():
            if random is not None and session.client_random == random:
                return [session]
        # Epoch 0 is only for the handshake under way; protected records name no session, each opens its own.
        if self.successor is not None and datagram[3:5] == b"\0\0":
            return [self.successor]
        return self.sessions()

    def get_timer(self) -> float | None:
        """The earliest timer of its sessions."""
        timers = (None if s is None else s.get_timer() for s in (self.current, self.successor))
        return sooner(*timers)

    def handle_timer(self, now: float) -> None:
        """For whichever session it is."""
        self._touch(self)
        for session in self.sessions():
            timer = session.get_timer()
            if timer is not None and timer <= now:
                session.handle_timer(now)

    def end(self, reason: LeaveReason) -> None:
        """End all sessions without a word."""
        for session in self.sessions():
            session.abandon(reason)
        self._closing.clear()

    def flush(self, now: float) -> bool:
        """Write what the sessions have to say into the tunnel; False when nothing is left of the association."""
        for session in (*self._closing, *self.sessions()):
            for datagram in session.datagrams_to_send(now):
                self._write(session, datagram, datagram.carries_finished)
        self._closing.clear()
        return bool(self.sessions())

    def _write(self, session: KmfSession, datagram: bytes, finished: bool) -> None:
        # T00-KMF-10, AMB-15, AMB-16: the keys go with the datagram that holds our Finished, each time it is sent.
        keys = session.hop_keys if finished else None
        message = TunneledDtls(self.id, bytes(datagram), self.conference.config.id, None, keys)
        self._output.records.append((self.tunnel.id, self._codec.encode(message, "kmf")))
        if keys is not None:
            self._output.events.append(
                HopKeysSent(
                    self.conference.config.id,
                    self.tunnel.id,
                    self.id,
                    keys.profile,
                    keys.client.key.id,
                    keys.server.key.id,
                    session.finished_sent,
                )
            )
            session.finished_sent = True

    # -- SessionOwner -------------------------------------------------------------------------------------------

    def completed(self, session: KmfSession, now: float) -> None:
        """The newer handshake takes over; then the member joins."""
        del self.tunnel.half_open[session]
        member = session.member
        if member is None:
            return
        known = bool(self.conference.places_of(member))
        if session is self.successor:
            old, self.current, self.successor = self.current, session, None
            if old is not None:
                same = old.member is not None and old.member.fingerprint == member.fingerprint
                old.abandon(LeaveReason.REPLACED if same else LeaveReason.DISPLACED)
        self._replace_other_places(member, now)
        self._output.events.append(
            MemberJoined(
                self.conference.config.id,
                self.tunnel.id,
                self.id,
                member.name,
                member.fingerprint,
                self.conference.config.profile,
                self.conference.config.ekt_cipher,
            )
        )
        self.conference.join(session, now, known=known)

    def _replace_other_places(self, member: Member, now: float) -> None:
        # The first place may be a device that vanished: nothing but this tells (AMB-21 has no idle timeout).
        if self.conference.config.same_member == "allow":
            return
        for place in self.conference.places_of(member):
            if isinstance(place, KmfSession):
                place.close(LeaveReason.REPLACED, now)

    def key_sent(self, session: KmfSession, parameters: EktParameters) -> None:
        """Report it, and have the datagram collected: this association may not be the one that caused it."""
        self._touch(self)
        if session.member is not None:
            self._output.events.append(
                EktKeySent(
                    self.conference.config.id,
                    self.id,
                    session.member.name,
                    parameters.spi,
                    parameters.key.id,
                )
            )

    def key_delivered(self, session: KmfSession, spi: int) -> None:
        """Report it."""
        if session.member is not None:
            self._output.events.append(
                EktKeyDelivered(self.conference.config.id, self.id, session.member.name, spi)
            )

    def refused(self, session: KmfSession, reason: Refusal, alert: int | None) -> None:
        """A handshake failed; an established session on the same pair goes on."""
        del self.tunnel.half_open[session]
        self._drop(session)
        self._output.count(reason)
        self._output.events.append(
            HandshakeRefused(
                self.conference.config.id,
                self.tunnel.id,
                self.id,
                reason,
                alert,
                session.fingerprint,
            )
        )

    def left(self, session: KmfSession, reason: LeaveReason) -> None:
        """An established session ended."""
        self._drop(session)
        # A replaced member is there again and may hold the key: nothing to keep from it.
        self.conference.leave(session, rekey=reason is not LeaveReason.REPLACED)
        if session.member is not None:
            self._output.events.append(
                MemberLeft(
                    self.conference.config.id,
                    self.tunnel.id,
                    self.id,
                    session.member.name,
                    session.member.fingerprint,
                    reason,
                )
            )

    def count(self, refusal: Refusal) -> None:
        """A message inside a session had no effect."""
        self._output.count(refusal)

    def engine_counted(self, counters: Mapping[str, int]) -> None:
        """What the DTLS engine of a session dropped in silence."""
        self._output.count_engine(counters)

    def _drop(self, session: KmfSession) -> None:
        self._touch(self)
        self._closing.append(session)
        if session is self.successor:
            self.successor = None
        elif session is self.current:
            self.current, self.successor = self.successor, None

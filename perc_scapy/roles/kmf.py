# SPDX-License-Identifier: GPL-2.0-only
"""The KMF (RFC 8871: Key Distributor): authenticates endpoints through MDDs, hands hop keys to the MDD and EKT keys
to members. Sans-IO: tunnel records and `now` in, tunnel records and events out.

`Kmf` is a dictionary of tunnels and conferences; what happens on one association is in `kmf_association`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import CookieAccepted, CookieExchange
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf_association import KmfAssociation, KmfTunnel, client_hello_random
from perc_scapy.roles.kmf_conference import ConferenceState
from perc_scapy.roles.kmf_config import KmfConfig, Member
from perc_scapy.roles.kmf_events import (
    CloseTunnel,
    HandshakeStarted,
    LeaveReason,
    Refusal,
    TunnelAuthorised,
    TunnelLost,
)
from perc_scapy.roles.kmf_output import KmfOutput
from perc_scapy.roles.kmf_session import KmfSession, State
from perc_scapy.roles.kmf_timers import TimerHeap
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage, TunneledDtls

_TOKEN = 16
_RETRY = 10.0
"""Seconds until the next try when no successor of an EKT key could be made."""
_REFUSALS: dict[str, Refusal] = {str(refusal): refusal for refusal in Refusal}


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """A member that is present: its handshake is complete."""

    member: Member
    tunnel_id: Hashable
    association_id: bytes
    state: State
    spi: int | None
    """Of the newest EKT key that it acknowledged."""


class Kmf:
    """Drive it with `tunnel_opened`, `receive_tunnel`, `tunnel_closed`, `handle_timer`; after each, collect
    `tunnel_data_to_send()`, `next_event()` and `get_timer()`. `random(n)` returns n octets.

    Nothing that comes through a tunnel raises; what has no effect is counted in `counters` (`KMF_COUNTERS`).
    """

    def __init__(
        self,
        config: KmfConfig,
        *,
        random: Callable[[int], bytes],
        keylog: Callable[[str], None] | None = None,
    ) -> None:
        self.config = config
        self._random, self._keylog = random, keylog
        self._output = KmfOutput()
        self._codec = TUNNEL_VERSIONS["draft00"]
        self._conferences = {
            c.id: ConferenceState(c, random, self._output) for c in config.conferences
        }
        self._tunnels: dict[Hashable, KmfTunnel] = {}
        self._cookies = CookieExchange(random, lifetime=config.limits.cookie_lifetime)
        self._timers: TimerHeap[KmfAssociation | ConferenceState] = TimerHeap()
        self._touched: dict[KmfAssociation, None] = {}

    @property
    def counters(self) -> Counter[str]:
        """Messages without effect, by the names of `KMF_COUNTERS`."""
        return self._output.counters

    # -- tunnels ------------------------------------------------------------------------------------------------

    def tunnel_opened(self, tunnel_id: Hashable, peer_fingerprint: str, now: float) -> None:
        """A tunnel's handshake completed with this certificate. One that may serve no conference is closed."""
        if tunnel_id in self._tunnels:
            self.tunnel_closed(tunnel_id, "opened again", now)
        if not any(peer_fingerprint in c.mdds for c in self.config.conferences):
            self._output.count(Refusal.TUNNEL_REFUSED)
            self._output.events.append(CloseTunnel(tunnel_id, Refusal.MDD_NOT_ALLOWED))
            return
        self._tunnels[tunnel_id] = KmfTunnel(tunnel_id, peer_fingerprint, self._random(_TOKEN))
        self._output.events.append(TunnelAuthorised(tunnel_id, peer_fingerprint))

    def tunnel_closed(self, tunnel_id: Hashable, reason: str, now: float) -> None:
        """A tunnel is gone, and with it all its associations (AMB-21)."""
        tunnel = self._tunnels.pop(tunnel_id, None)
        if tunnel is None:
            return
        associations = tuple(tunnel.associations.values())
        self._output.events.append(TunnelLost(tunnel_id, reason, len(associations)))
        for association in associations:
            association.end(LeaveReason.TUNNEL_LOST)
        self._settle(now)

    def receive_tunnel(self, tunnel_id: Hashable, data: bytes, now: float) -> None:
        """One record of a tunnel."""
        tunnel = self._tunnels.get(tunnel_id)
        if tunnel is None:
            # RFC 8871 section 4.5.1: nothing is done for an endpoint before its MDD is authenticated.
            return self._output.count(Refusal.UNKNOWN_TUNNEL)
        try:
            message = self._codec.decode(data, "mdd")
        except RefusedMessage as error:
            return self._output.count(_REFUSALS.get(error.reason, Refusal.MALFORMED))
        conference = self._conference_of(tunnel, message)
        if isinstance(conference, Refusal):
            return self._output.count(conference)
        self._receive(tunnel, conference, message, now)
        self._settle(now)

    def tunnel_data_to_send(self) -> list[tuple[Hashable, bytes]]:
        """(tunnel, one record) to write, each once."""
        return self._output.take_records()

    # -- verbs --------------------------------------------------------------------------------------------------

    def next_event(self) -> Any | None:
        """The oldest event of `kmf_events` not yet taken."""
        return self._output.events.popleft() if self._output.events else None

    def get_timer(self) -> float | None:
        """When `handle_timer` is due."""
        return self._timers.next()

    def handle_timer(self, now: float) -> None:
        """Retransmissions, half-open timeouts, successors of EKT keys."""
        for owner in self._timers.due(now):
            if isinstance(owner, ConferenceState):
                made = owner.rekey("expiry", now)
                self._timers.set(owner, owner.renewal() if made is not None else now + _RETRY)
            else:
                owner.handle_timer(now)
        self._settle(now)

    # -- conference control -------------------------------------------------------------------------------------

    def members(self, conference_id: bytes) -> tuple[MemberStatus, ...]:
        """Who is present, in order of arrival. Raises `LocalError` for an unknown conference."""
        conference = self._conference(conference_id)
        return tuple(
            MemberStatus(
                session.member, association.tunnel.id, association.id, session.state, session.spi
            )
            for session in conference.places
            if isinstance(session, KmfSession) and session.member is not None
            for association in (session.owner,)
            if isinstance(association, KmfAssociation)
        )

    def rekey(self, conference_id: bytes, now: float) -> int | None:
        """A new EKT key to all present; its SPI, or None when there is nobody to give it to."""
        spi = self._conference(conference_id).rekey("control", now)
        self._settle(now)
        return spi

    def remove(self, conference_id: bytes, fingerprint: str, now: float) -> None:
        """Take a member off the list and end its associations; the others get a new EKT key by policy."""
        conference = self._conference(conference_id)
        conference.allowed.pop(fingerprint, None)
        for session in tuple(conference.places):
            if isinstance(session, KmfSession) and session.fingerprint == fingerprint:
                session.close(LeaveReason.REMOVED, now)
        self._settle(now)

    def admit(self, conference_id: bytes, member: Member) -> None:
        """Put a member on the list, or back on it. Raises `LocalError` for an MDD of the conference."""
        conference = self._conference(conference_id)
        if member.fingerprint in conference.config.mdds:
            raise LocalError("an MDD certificate must not become a member")
        conference.allowed[member.fingerprint] = member

    def hop_keys(self, tunnel_id: Hashable, association_id: bytes) -> HopKeys | None:
        """The outer halves that an association's MDD was sent; for comparison in tests and offline work."""
        tunnel = self._tunnels.get(tunnel_id)
        association = tunnel.associations.get(association_id) if tunnel else None
        return association.current.hop_keys if association and association.current else None

    def _conference(self, conference_id: bytes) -> ConferenceState:
        try:
            return self._conferences[conference_id]
        except KeyError:
            raise LocalError(f"no conference with id {conference_id.hex()}") from None

    # -- admission ----------------------------------------------------------------------------------------------

    def _conference_of(self, tunnel: KmfTunnel, message: TunneledDtls) -> ConferenceState | Refusal:
        """The conference that a message names, if this MDD and this tunnel may serve it."""
        conference = self._conferences.get(message.conference_id or b"")
        if conference is None:
            return Refusal.UNKNOWN_CONFERENCE
        if tunnel.fingerprint not in conference.config.mdds:
            return Refusal.MDD_NOT_ALLOWED
        # SLD-ASM-02: one tunnel serves one conference unless all of them agree to share.
        others = tunnel.conferences - {conference.config.id}
        shared = all(
            self._conferences[i].config.shared_tunnel for i in (*others, conference.config.id)
        )
        if others and not shared:
            return Refusal.TUNNEL_NOT_SHARED
        return conference

    def _receive(
        self, tunnel: KmfTunnel, conference: ConferenceState, message: TunneledDtls, now: float
    ) -> None:
        association = tunnel.associations.get(message.association_id)
        if association is not None and association.conference is not conference:
            return self._output.count(Refusal.CONFERENCE_CHANGED)
        if message.profiles is not None:
            profiles = _usable(message.profiles)
            if association is not None and profiles != association.profiles:
                return self._output.count(Refusal.PROFILES_CHANGED)
            tunnel.profiles = profiles
        if not message.dtls:
            return self._output.count(Refusal.EMPTY_DTLS)
        if association is None or association.starts_anew(message.dtls):
            return self._greet(tunnel, conference, message, now)
        return association.receive(message.dtls, now)

    def _greet(
        self, tunnel: KmfTunnel, conference: ConferenceState, message: TunneledDtls, now: float
    ) -> None:
        """Cookie exchange without state: the profile list travels inside the cookie (AMB-12, AMB-14)."""
        if client_hello_random(message.dtls) is None:
            return self._output.count(Refusal.UNKNOWN_ASSOCIATION)
        context = tunnel.token + message.association_id + conference.config.id
        answer = self._cookies.check(message.dtls, context, now, _pack(tunnel.profiles))
        if answer is None:
            self._output.count(Refusal.COOKIE_REFUSED)
        elif isinstance(answer, CookieAccepted):
            carried = None if message.profiles is not None else _unpack(answer.payload)
            profiles = tunnel.profiles if carried is None else carried
            self._open(tunnel, conference, message, profiles, now)
        elif tunnel.profiles is None:
            self._output.count(Refusal.NO_PROFILE_LIST)
        else:
            reply = TunneledDtls(
                message.association_id, bytes(answer.datagram), conference.config.id
            )
            self._output.records.append((tunnel.id, self._codec.encode(reply, "kmf")))

    def _open(
        self,
        tunnel: KmfTunnel,
        conference: ConferenceState,
        message: TunneledDtls,
        profiles: tuple[int, ...] | None,
        now: float,
    ) -> None:
        """A ClientHello whose path is proven: from here on there is state."""
        if profiles is None:
            return self._output.count(Refusal.NO_PROFILE_LIST)
        limits = self.config.limits
        if len(tunnel.half_open) >= limits.max_half_open:
            # Refusing the newcomer would let whoever filled the list keep everybody out.
            next(iter(tunnel.half_open)).evict()
        association = tunnel.associations.get(message.association_id)
        if association is None:
            if len(tunnel.associations) >= limits.max_associations_per_tunnel:
                return self._output.count(Refusal.ASSOCIATION_CAP)
            association = self._new_association(tunnel, conference, message.association_id)
        session = KmfSession(
            association,
            self.config,
            conference,
            profiles,
            random=self._random,
            keylog=self._keylog,
            client_random=client_hello_random(message.dtls) or b"",
            deadline=now + limits.half_open_timeout,
        )
        association.profiles = profiles
        association.begin(session)
        self._output.events.append(
            HandshakeStarted(conference.config.id, tunnel.id, association.id)
        )
        session.receive(message.dtls, now)

    def _new_association(
        self, tunnel: KmfTunnel, conference: ConferenceState, association_id: bytes
    ) -> KmfAssociation:
        association = KmfAssociation(
            tunnel, association_id, conference, self._output, self._codec, self._touch
        )
        tunnel.associations[association_id] = association
        tunnel.conferences.add(conference.config.id)
        return association

    # -- after each step ----------------------------------------------------------------------------------------

    def _touch(self, association: KmfAssociation) -> None:
        self._touched[association] = None

    def _settle(self, now: float) -> None:
        """Re-key for those who left, collect datagrams of all associations that were touched, set their timers."""
        for conference in {association.conference: None for association in self._touched}:
            conference.settle(now)
        touched, self._touched = self._touched, {}
        for association in touched:
            tunnel = association.tunnel
            if association.flush(now):
                self._timers.set(association, association.get_timer())
                continue
            self._timers.set(association, None)
            if tunnel.associations.get(association.id) is association:
                del tunnel.associations[association.id]
        for conference in {association.conference: None for association in touched}:
            renewal = conference.renewal()
            if renewal is None or renewal > now:
                self._timers.set(conference, renewal)


def _usable(profiles: tuple[int, ...]) -> tuple[int, ...]:
    """Known ones, each once: what is kept of a list must not grow with it."""
    return tuple(dict.fromkeys(p for p in profiles if p in SRTP_PROFILES))


def _pack(profiles: tuple[int, ...] | None) -> bytes:
    """Cookie payload; nothing when the MDD has not listed any yet, a zero octet in front of an (even empty) list."""
    if profiles is None:
        return b""
    return b"\0" + b"".join(profile.to_bytes(2, "big") for profile in profiles)


def _unpack(payload: bytes) -> tuple[int, ...] | None:
    if not payload:
        return None
    return tuple(int.from_bytes(payload[n : n + 2], "big") for n in range(1, len(payload), 2))

# SPDX-License-Identifier: GPL-2.0-only
"""The KMF (RFC 8871: Key Distributor): authenticates endpoints through MDDs, hands hop keys to the MDD and EKT keys
to members. Sans-IO: tunnel records and `now` in, tunnel records and events out.

`Kmf` is a dictionary of tunnels and conferences. Which messages get through is in `kmf_admission`, what happens on one
association in `kmf_association`, one handshake in `kmf_session`, keys and membership in `kmf_conference`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from perc_scapy.crypto.fingerprint import parse_fingerprint
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf.admission import Admission
from perc_scapy.roles.kmf.association import KmfAssociation, KmfTunnel
from perc_scapy.roles.kmf.conference import ConferenceState
from perc_scapy.roles.kmf.config import KmfConfig, Member
from perc_scapy.roles.kmf.events import KmfEvent, LeaveReason, Refusal, TunnelAuthorised
from perc_scapy.roles.kmf.output import KmfOutput
from perc_scapy.roles.kmf.session import KmfSession
from perc_scapy.roles.kmf.states import State
from perc_scapy.roles.kmf.timers import TimerHeap
from perc_scapy.roles.tunnels import CloseTunnel, TunnelLost
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage

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
        self._random = random
        self._output = KmfOutput()
        self._codec = TUNNEL_VERSIONS["draft00"]
        self._conferences = {
            c.id: ConferenceState(c, random, self._output) for c in config.conferences
        }
        self._tunnels: dict[Hashable, KmfTunnel] = {}
        self._timers: TimerHeap[KmfAssociation | ConferenceState] = TimerHeap()
        self._touched: dict[KmfAssociation, None] = {}
        self._admission = Admission(
            config,
            self._conferences,
            self._output,
            self._codec,
            self._touch,
            random=random,
            keylog=keylog,
        )

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
        self._admission.receive(tunnel, message, now)
        return self._settle(now)

    def tunnel_data_to_send(self) -> list[tuple[Hashable, bytes]]:
        """(tunnel, one record) to write, each once."""
        return self._output.take_records()

    # -- verbs --------------------------------------------------------------------------------------------------

    def next_event(self) -> KmfEvent | None:
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
        """Take a member off the list and end its associations; the others get a new EKT key by policy.

        Raises `LocalError` for an unknown conference, `ConfigError` for what is no fingerprint.
        """
        conference, fingerprint = self._conference(conference_id), parse_fingerprint(fingerprint)
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

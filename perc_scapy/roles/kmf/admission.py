# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a tunnel message at the KMF: refused and counted, given to its association, or the start of one.

Until a ClientHello has proven its path with a cookie, the KMF keeps nothing of it (RFC 6347 section 4.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls import CookieAccepted, CookieExchange
from perc_scapy.roles.kmf.association import KmfAssociation, KmfTunnel
from perc_scapy.roles.kmf.conference import ConferenceState
from perc_scapy.roles.kmf.config import KmfConfig
from perc_scapy.roles.kmf.events import HandshakeStarted, MessageRefused, Refusal
from perc_scapy.roles.kmf.output import KmfOutput
from perc_scapy.roles.kmf.session import KmfSession
from perc_scapy.tunnel.links import client_hello_random
from perc_scapy.tunnel.messages import TunneledDtls, TunnelVersion


class Admission:
    """Holds the cookie secrets and nothing of any endpoint."""

    def __init__(
        self,
        config: KmfConfig,
        conferences: Mapping[bytes, ConferenceState],
        output: KmfOutput,
        codec: TunnelVersion,
        touch: Callable[[KmfAssociation], None],
        *,
        random: Callable[[int], bytes],
        keylog: Callable[[str], None] | None,
    ) -> None:
        self._config, self._conferences = config, conferences
        self._output, self._codec, self._touch = output, codec, touch
        self._random, self._keylog = random, keylog
        self._cookies = CookieExchange(random, lifetime=config.limits.cookie_lifetime)

    def receive(self, tunnel: KmfTunnel, message: TunneledDtls, now: float) -> None:
        """One decoded message of an authenticated tunnel."""
        conference = self._conference_of(tunnel, message)
        if isinstance(conference, Refusal):
            return self._refuse(tunnel, message, conference)
        association = tunnel.associations.get(message.association_id)
        if association is not None and association.conference is not conference:
            return self._output.count(Refusal.CONFERENCE_CHANGED)  # AMB-18
        if message.profiles is not None:
            profiles = _usable(message.profiles)
            if association is not None and profiles != association.profiles:
                return self._output.count(Refusal.PROFILES_CHANGED)
            tunnel.profiles = profiles
        if not message.dtls:
            return self._output.count(Refusal.EMPTY_DTLS)  # AMB-11
        if association is None or association.starts_anew(message.dtls):
            return self._greet(tunnel, conference, message, now)
        return association.receive(message.dtls, now)

    def _refuse(self, tunnel: KmfTunnel, message: TunneledDtls, reason: Refusal) -> None:
        """Silence on the tunnel (AMB-20), but two configurations that disagree are worth a word here."""
        self._output.count(reason)
        named = message.conference_id or b""
        self._output.events.append(
            MessageRefused(named, tunnel.id, message.association_id, str(reason))
        )

    def _conference_of(self, tunnel: KmfTunnel, message: TunneledDtls) -> ConferenceState | Refusal:
        """The conference that a message names, if this MDD and this tunnel may serve it."""
        conference = self._conferences.get(message.conference_id or b"")
        if conference is None:
            return Refusal.UNKNOWN_CONFERENCE
        if tunnel.fingerprint not in conference.config.mdds:
            return Refusal.MDD_NOT_ALLOWED
        # SLD-ASM-02: one tunnel serves one conference unless all of them agree to share.
        others = [self._conferences[i] for i in tunnel.conferences - {conference.config.id}]
        if others and not all(c.config.shared_tunnel for c in (*others, conference)):
            return Refusal.TUNNEL_NOT_SHARED
        return conference

    def _greet(
        self, tunnel: KmfTunnel, conference: ConferenceState, message: TunneledDtls, now: float
    ) -> None:
        """Cookie exchange without state: the profile list travels inside the cookie (AMB-12, AMB-14)."""
        if client_hello_random(message.dtls) is None:
            return self._output.count(Refusal.UNKNOWN_ASSOCIATION)  # AMB-13
        context = tunnel.token + message.association_id + conference.config.id
        answer = self._cookies.check(message.dtls, context, now, _pack(tunnel.profiles))
        if answer is None:
            return self._output.count(Refusal.COOKIE_REFUSED)
        if isinstance(answer, CookieAccepted):
            carried = None if message.profiles is not None else _unpack(answer.payload)
            profiles = tunnel.profiles if carried is None else carried
            return self._open(tunnel, conference, message, profiles, now)
        if tunnel.profiles is None:
            return self._output.count(Refusal.NO_PROFILE_LIST)
        reply = TunneledDtls(message.association_id, bytes(answer.datagram), conference.config.id)
        self._output.records.append((tunnel.id, self._codec.encode(reply, "kmf")))
        return None

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
        limits, association_id = self._config.limits, message.association_id
        full = len(tunnel.associations) >= limits.max_associations_per_tunnel
        if full and association_id not in tunnel.associations:
            return self._output.count(Refusal.ASSOCIATION_CAP)
        if len(tunnel.half_open) >= limits.max_half_open:
            # Refusing the newcomer would let whoever filled the list keep everybody out.
            next(iter(tunnel.half_open)).evict()
        association = tunnel.associations.get(association_id)
        if association is None:
            association = self._new_association(tunnel, conference, association_id)
        session = KmfSession(
            association,
            self._config,
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
        return session.receive(message.dtls, now)

    def _new_association(
        self, tunnel: KmfTunnel, conference: ConferenceState, association_id: bytes
    ) -> KmfAssociation:
        association = KmfAssociation(
            tunnel, association_id, conference, self._output, self._codec, self._touch
        )
        tunnel.associations[association_id] = association
        tunnel.conferences.add(conference.config.id)
        return association


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

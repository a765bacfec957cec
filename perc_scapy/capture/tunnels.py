# SPDX-License-Identifier: GPL-2.0-only
"""KMF-MDD tunnels of a capture: messages inside a session, and the associations that they carry in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.notes import Note
from perc_scapy.capture.refused import carried_dtls
from perc_scapy.capture.session_notes import flow_notes
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.capture.tunnel_streams import (
    DRAFT00,
    RFC9185,
    CutMessage,
    cut_messages,
    senders,
)
from perc_scapy.capture.unsealed import UnseenSession
from perc_scapy.codes import ContentType
from perc_scapy.errors import ConfigError
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import RefusedMessage, Sender, TunneledDtls

ENDPOINT, KMF = "endpoint", "kmf"
"""The two ends of a tunneled association, as its flow names them."""


class SeenMessage(NamedTuple):
    """One tunnel message; `message` is None and `fault` says why when it must have no effect."""

    packet: int
    """The one that completed it; an RFC 9185 tunnel may complete several messages in one packet."""
    time: float
    sender: Sender
    message: TunneledDtls | None
    fault: str = ""
    raw: bytes = b""
    """Its octets."""

    def __repr__(self) -> str:
        what = self.fault or f"{len(self.raw)} octets"
        return f"SeenMessage(packet={self.packet}, {self.sender}, {what})"


class TunneledAssociation:
    """All messages with one association id, and the endpoint's DTLS inside them.

    In draft-00 an id means something in one tunnel only; in RFC 9185 it may be used in several (section 5.3).
    """

    def __init__(self, association_id: bytes) -> None:
        self.association_id = association_id
        self.messages: list[SeenMessage] = []
        self.flow = DtlsFlow()

    def add(self, seen: SeenMessage, message: TunneledDtls) -> None:
        self.messages.append(seen)
        if message.dtls:
            self.follow(seen, message.dtls)

    def follow(self, seen: SeenMessage, dtls: bytes) -> None:
        """Take the DTLS of a message, which may be one that has no effect."""
        ends = (ENDPOINT, KMF) if seen.sender == "mdd" else (KMF, ENDPOINT)
        self.flow.add(seen.packet, seen.time, ends[0], dtls, ends[1])

    @property
    def conference_id(self) -> bytes | None:
        """As the first message names it; RFC 9185 has no such name."""
        first = self.messages[0].message
        return None if first is None else first.conference_id

    @property
    def ended(self) -> int | None:
        """Packet of the first EndpointDisconnect (RFC 9185)."""
        told = (seen for seen in self.messages if seen.message is not None and seen.message.ended)
        return next((seen.packet for seen in told), None)


class Tunnel:
    """One tunnel: the session that carries it, and what was in it."""

    def __init__(
        self, session: DtlsSession | TlsSession, version: str, opened_by: Sender = "mdd"
    ) -> None:
        self.session, self.version = session, version
        self.opened_by: Sender = opened_by
        """Who is the client of the session: the MDD in draft-00, either in RFC 9185."""
        self.messages: list[SeenMessage] = []
        self.associations: dict[bytes, TunneledAssociation] = {}

    def __repr__(self) -> str:
        return (
            f"Tunnel({self.version} over {self.transport}, {len(self.associations)} associations)"
        )

    @property
    def transport(self) -> str:
        """`dtls`, `tls1.2` or `tls1.3`; `exported` of messages that exported PDUs brought."""
        if isinstance(self.session, UnseenSession):
            return "exported"
        if isinstance(self.session, DtlsSession):
            return "dtls"
        return (self.session.version or "tls").lower().replace(" ", "")

    @property
    def profiles(self) -> tuple[int, ...] | None:
        """SRTP protection profiles that the MDD listed first."""
        said = (m.profiles for seen in self.messages if (m := seen.message) is not None)
        return next((profiles for profiles in said if profiles is not None), None)

    def add(self, seen: SeenMessage, known: dict[bytes, TunneledAssociation] | None = None) -> None:
        """Take a message, in capture order. `known`: associations of this and other tunnels, by id."""
        self.messages.append(seen)
        message = seen.message
        if message is None:
            self._follow_refused(seen)
            return
        if not message.association_id:
            return
        key = message.association_id
        if key not in self.associations:
            fresh = TunneledAssociation(key)
            self.associations[key] = fresh if known is None else known.setdefault(key, fresh)
        self.associations[key].add(seen, message)

    def _follow_refused(self, seen: SeenMessage) -> None:
        """It makes no association, but one that is there may go on in it."""
        carried = carried_dtls(self.version, seen.raw)
        association = None if carried is None else self.associations.get(carried.association_id)
        if carried is not None and association is not None:
            association.follow(seen, carried.dtls)

    def notes(self, keylog: KeyLog) -> list[Note]:
        """Messages without effect, and what the associations inside have to say."""
        found = [Note(s.packet, "warning", s.fault) for s in self.messages if s.fault]
        for association in self.associations.values():
            found += flow_notes(association.flow, keylog)
        return found


def find_tunnels(
    sessions: Iterable[DtlsSession | TlsSession], keylog: KeyLog, version: str | None = None
) -> list[Tunnel]:
    """Sessions whose application data are tunnel messages, with everything inside opened.

    `version`: a name of `TUNNEL_VERSIONS` to take for granted; None tries all. Raises `ConfigError` for another name.
    """
    if version is not None and version not in TUNNEL_VERSIONS:
        known = ", ".join(TUNNEL_VERSIONS)
        raise ConfigError(f"unknown tunnel version {version!r} (there are: {known})")
    tunnels, heard = [], []
    for session in sessions:
        found = _read(session, version)
        if found is not None:
            tunnel, messages = found
            tunnels.append(tunnel)
            heard += [(seen, tunnel) for seen in messages]
    _sort_out(heard)
    for association in {id(a): a for t in tunnels for a in t.associations.values()}.values():
        association.flow.resolve(keylog)
    return tunnels


def _sort_out(heard: list[tuple[SeenMessage, Tunnel]]) -> None:
    """An association may use several tunnels between the same two, so all messages go in capture order."""
    anywhere: dict[bytes, TunneledAssociation] = {}
    for seen, tunnel in sorted(heard, key=lambda item: item[0].packet):
        tunnel.add(seen, anywhere if tunnel.version == RFC9185 else None)


def _read(
    session: DtlsSession | TlsSession, version: str | None
) -> tuple[Tunnel, list[SeenMessage]] | None:
    """A tunnel of the version whose messages these are; one good message is enough."""
    contents = list(session.contents(ContentType.APPLICATION_DATA))
    usual = (DRAFT00, RFC9185) if isinstance(session, DtlsSession) else (RFC9185, DRAFT00)
    for name in usual if version is None else (version,):
        cut = list(cut_messages(name, contents))
        who = senders(name, cut)
        messages = list(_messages(name, cut, who))
        if any(seen.message is not None for seen in messages):
            return Tunnel(session, name, who[True]), messages
    return None


def _messages(
    version: str, cut: list[CutMessage], who: dict[bool, Sender]
) -> Iterator[SeenMessage]:
    codec = TUNNEL_VERSIONS[version]
    for packet, time, from_client, data, fault in cut:
        sender = who[from_client]
        if fault:
            yield SeenMessage(packet, time, sender, None, fault, data)
            continue
        try:
            message = codec.decode(data, sender)
        except RefusedMessage as refusal:
            yield SeenMessage(packet, time, sender, None, str(refusal), data)
        else:
            yield SeenMessage(packet, time, sender, message, "", data)

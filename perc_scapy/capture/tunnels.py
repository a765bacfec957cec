# SPDX-License-Identifier: GPL-2.0-only
"""KMF-MDD tunnels of a capture: messages inside a DTLS association, and the associations that they carry in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.dtls_sessions import DtlsSession, Opened
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import ContentType
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import RefusedMessage, Sender, TunneledDtls

ENDPOINT, KMF = "endpoint", "kmf"
"""The two ends of a tunneled association, as its flow names them."""


class SeenMessage(NamedTuple):
    """One tunnel message; `message` is None and `fault` says why when it must have no effect."""

    packet: int
    time: float
    sender: Sender
    message: TunneledDtls | None
    fault: str = ""


class TunneledAssociation:
    """All messages with one association id in one tunnel, and the endpoint's DTLS inside them."""

    def __init__(self, association_id: bytes) -> None:
        self.association_id = association_id
        self.messages: list[SeenMessage] = []
        self.flow = DtlsFlow()

    def add(self, seen: SeenMessage, message: TunneledDtls) -> None:
        self.messages.append(seen)
        if message.dtls:
            sender = ENDPOINT if seen.sender == "mdd" else KMF
            self.flow.add(seen.packet, seen.time, sender, message.dtls)

    @property
    def conference_id(self) -> bytes | None:
        """As the first message names it."""
        first = self.messages[0].message
        return None if first is None else first.conference_id


class Tunnel:
    """One tunnel: the association that carries it, and what was in it."""

    def __init__(self, session: DtlsSession, version: str) -> None:
        self.session, self.version = session, version
        self.messages: list[SeenMessage] = []
        self.associations: dict[bytes, TunneledAssociation] = {}

    def add(self, seen: SeenMessage) -> None:
        """Take a message, in capture order."""
        self.messages.append(seen)
        if seen.message is not None:
            key = seen.message.association_id
            association = self.associations.setdefault(key, TunneledAssociation(key))
            association.add(seen, seen.message)


def find_tunnels(sessions: Iterable[DtlsSession], keylog: KeyLog) -> list[Tunnel]:
    """Associations whose application data are tunnel messages, with everything inside opened."""
    tunnels = []
    for session in sessions:
        contents = list(session.contents(ContentType.APPLICATION_DATA))
        version = _version(contents)
        if version is not None:
            tunnel = Tunnel(session, version)
            for seen in _messages(version, contents):
                tunnel.add(seen)
            for association in tunnel.associations.values():
                association.flow.resolve(keylog)
            tunnels.append(tunnel)
    return tunnels


def _version(contents: list[Opened]) -> str | None:
    """The version whose messages these are; one good message is enough."""
    for name in TUNNEL_VERSIONS:
        if any(seen.message is not None for seen in _messages(name, contents)):
            return name
    return None


def _messages(version: str, contents: Iterable[Opened]) -> Iterator[SeenMessage]:
    codec = TUNNEL_VERSIONS[version]
    for opened in contents:
        # draft-jones-perc-dtls-tunnel-00 section 4: the MDD is the DTLS client of the tunnel.
        sender: Sender = "mdd" if opened.from_client else "kmf"
        try:
            message = codec.decode(opened.content, sender)
        except RefusedMessage as refusal:
            yield SeenMessage(opened.packet, opened.time, sender, None, str(refusal))
        else:
            yield SeenMessage(opened.packet, opened.time, sender, message)

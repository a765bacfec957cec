# SPDX-License-Identifier: GPL-2.0-only
"""A KMF, blind relays that stand for MDDs, and endpoints, in memory on one simulated clock.

The relay knows of the tunnel protocol what an MDD must: ids, types, and which datagram belongs to whom. Everything
that passes is logged, so tests look at what was on the wire and not at the KMF's own word.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from perc_scapy.codes import ContentType
from perc_scapy.dtls import DtlsClient, DtlsConfig, Identity
from perc_scapy.roles.kmf.config import Conference, KmfConfig, Member
from perc_scapy.roles.kmf.role import Kmf
from perc_scapy.tunnel.draft00 import Draft00
from perc_scapy.tunnel.messages import TunneledDtls

CODEC = Draft00()
BOARD, OTHER = bytes(range(16)), bytes(range(16, 32))
MDD_1, MDD_2 = "sha-256:" + "d1" * 32, "sha-256:" + "d2" * 32
TLS_ID = "abc3de65cddef001be82"


@cache
def identity(name: str) -> Identity:
    """The same certificate for the same name in all tests."""
    return Identity.generate(name, random=random.Random(name).randbytes)


def member(name: str, tls_id: str | None = None) -> Member:
    return Member(name, identity(name).fingerprint, tls_id)


def conference(conference_id: bytes = BOARD, *names: str, **changes: Any) -> Conference:
    """A conference of these members, served by MDD_1 unless told otherwise."""
    settings: dict[str, Any] = {
        "members": tuple(member(name) for name in names),
        "mdds": frozenset({MDD_1}),
        "name": f"conference {conference_id[0]}",
    }
    return Conference(conference_id, **{**settings, **changes})


def kmf_config(*conferences: Conference, **changes: Any) -> KmfConfig:
    return KmfConfig(identity("kmf"), conferences=conferences, **changes)


@dataclass
class Message:
    """One tunnel record as it passed, in either direction."""

    sender: str
    tunnel_id: object
    record: bytes
    now: float

    @property
    def content(self) -> TunneledDtls:
        sender: Any = self.sender
        return CODEC.decode(self.record, sender)

    @property
    def type(self) -> int:
        return self.record[34]


@dataclass
class Line:
    """An endpoint behind a relay: a DTLS client or an `Endpoint`, its association and its tunnel."""

    name: str
    peer: Any
    tunnel_id: object
    association_id: bytes
    conference_id: bytes
    profiles: tuple[int, ...] | None
    answered: bool = False
    events: list[Any] = field(default_factory=list)

    def collect(self) -> None:
        while (event := self.peer.next_event()) is not None:
            self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        self.collect()
        return [event for event in self.events if isinstance(event, kind)]


class World:
    """`drop(sender, message)` returns True for a tunnel record that is to be lost."""

    def __init__(self, config: KmfConfig, *, seed: int = 1, **options: Any) -> None:
        self.random = random.Random(seed)
        self.now = 100.0
        self.kmf = Kmf(config, random=self.random.randbytes, **options)
        self.lines: list[Line] = []
        self.log: list[Message] = []
        self.events: list[Any] = []
        self.drop: Callable[[str, Message], bool] = lambda _sender, _message: False
        self._ids = 0

    # -- set-up -------------------------------------------------------------------------------------------------

    def tunnel(self, tunnel_id: object = "t1", mdd: str = MDD_1) -> object:
        self.kmf.tunnel_opened(tunnel_id, mdd, self.now)
        return tunnel_id

    def add(
        self,
        name: str,
        peer: Any,
        *,
        tunnel_id: object = "t1",
        conference_id: bytes = BOARD,
        association_id: bytes | None = None,
        profiles: tuple[int, ...] | None = (0x0009, 0x000A),
    ) -> Line:
        self._ids += 1
        made = association_id or b"association" + self._ids.to_bytes(5, "big")
        line = Line(name, peer, tunnel_id, made, conference_id, profiles)
        self.lines.append(line)
        return line

    def client(self, name: str, *, dtls: dict[str, Any] | None = None, **where: Any) -> Line:
        """A bare DTLS client with the certificate of that name."""
        settings: dict[str, Any] = {
            "random": self.random.randbytes,
            "srtp_profiles": (0x0009,),
            "ekt_ciphers": (1,),
        }
        who = None if (dtls or {}).pop("anonymous", False) else identity(name)
        client = DtlsClient(DtlsConfig(who, lambda _peer: None, **{**settings, **(dtls or {})}))
        client.start(self.now)
        return self.add(name, client, **where)

    def join(self, name: str, **options: Any) -> Line:
        """A client, run until its handshake and EKT key are settled."""
        line = self.client(name, **options)
        self.run()
        return line

    # -- traffic ------------------------------------------------------------------------------------------------

    def run(self, seconds: float = 0.0) -> None:
        """Deliver everything; then, for `seconds`, jump from timer to timer."""
        self._deliver()
        end = self.now + seconds
        while (due := self._next_timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.kmf.handle_timer(self.now)
            for line in self.lines:
                line.peer.handle_timer(self.now)
            self._deliver()
        self.now = end

    def _next_timer(self) -> float | None:
        timers = [self.kmf.get_timer(), *(line.peer.get_timer() for line in self.lines)]
        return min((t for t in timers if t is not None), default=None)

    def _deliver(self) -> None:
        for _ in range(2000):
            if not self._step():
                break
        else:
            raise AssertionError("the exchange does not come to rest")
        while (event := self.kmf.next_event()) is not None:
            self.events.append(event)

    def _step(self) -> bool:
        busy = False
        for line in self.lines:
            for datagram in self.outgoing(line):
                busy = True
                self.to_kmf(line, datagram)
        for tunnel_id, record in self.kmf.tunnel_data_to_send():
            busy = True
            self.from_kmf(tunnel_id, record)
        return busy

    def outgoing(self, line: Line) -> list[bytes]:
        """Datagrams of an endpoint that go to the KMF; overridden where there is media."""
        return list(line.peer.datagrams_to_send(self.now))

    def incoming(self, line: Line, datagram: bytes) -> None:
        line.peer.receive_datagram(datagram, self.now)

    def to_kmf(self, line: Line, datagram: bytes) -> None:
        profiles = None if line.answered else line.profiles
        message = TunneledDtls(line.association_id, datagram, line.conference_id, profiles)
        self.send(line.tunnel_id, CODEC.encode(message, "mdd"))

    def send(self, tunnel_id: object, record: bytes) -> None:
        """Any record into the KMF, as its carrier would hand it over."""
        logged = Message("mdd", tunnel_id, record, self.now)
        self.log.append(logged)
        if not self.drop("mdd", logged):
            self.kmf.receive_tunnel(tunnel_id, record, self.now)

    def from_kmf(self, tunnel_id: object, record: bytes) -> None:
        logged = Message("kmf", tunnel_id, record, self.now)
        self.log.append(logged)
        if self.drop("kmf", logged):
            return
        content = logged.content
        for line in self.lines:
            if (line.tunnel_id, line.association_id) == (tunnel_id, content.association_id):
                line.answered = True
                self.incoming(line, content.dtls)

    # -- looking at it ------------------------------------------------------------------------------------------

    def of(self, kind: type) -> list[Any]:
        """KMF events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, sender: str, line: Line | None = None) -> list[Message]:
        """Logged records of a sender, optionally of one association on its tunnel."""
        return [
            m
            for m in self.log
            if m.sender == sender
            and (
                line is None
                or (m.tunnel_id, m.record[2:18]) == (line.tunnel_id, line.association_id)
            )
        ]

    def states(self, conference_id: bytes = BOARD) -> dict[str, str]:
        return {s.member.name: str(s.state) for s in self.kmf.members(conference_id)}


def records_of(datagram: bytes) -> list[tuple[int, int, bytes]]:
    """(content type, epoch, fragment) of each record in a datagram."""
    found = []
    while datagram:
        length = int.from_bytes(datagram[11:13], "big")
        found.append(
            (datagram[0], int.from_bytes(datagram[3:5], "big"), datagram[13 : 13 + length])
        )
        datagram = datagram[13 + length :]
    return found


def handshake_types(datagram: bytes) -> list[int]:
    """Types of the plaintext handshake messages in a datagram."""
    return [
        fragment[0]
        for kind, epoch, fragment in records_of(datagram)
        if kind == ContentType.HANDSHAKE and epoch == 0
    ]


def has_finished(datagram: bytes) -> bool:
    """True when the first protected handshake record, the Finished, follows a ChangeCipherSpec in the datagram."""
    kinds = [(kind, epoch) for kind, epoch, _ in records_of(datagram)]
    return (ContentType.CHANGE_CIPHER_SPEC, 0) in kinds and (ContentType.HANDSHAKE, 1) in kinds

# SPDX-License-Identifier: GPL-2.0-only
"""`World` with `Endpoint` roles, whose media the relay forwards hop by hop with the keys that the tunnel brought."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.dtls import DtlsConfig, DtlsServer
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import MediaReceived
from perc_scapy.roles.endpoint.role import Endpoint
from perc_scapy.wire import classify, peel_ekt
from tests.roles.kmf_world import BOARD, Line, World, conference, identity, kmf_config

Contexts = tuple[SrtpContext, SrtpContext]


class MediaWorld(World):
    """`lose(sender, receiver, wire)` returns True for a media packet that is to be lost on its second hop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lose: Callable[[Line, Line, bytes], bool] = lambda _s, _r, _w: False
        self.media: list[tuple[Line, bytes]] = []
        """(sender, datagram) of all media on the first hop."""
        self.delivered: list[tuple[Line, bytes]] = []
        """(receiver, datagram) of all media on the second hop."""
        self._contexts: dict[bytes, tuple[object, Contexts]] = {}

    def endpoint(self, name: str, *, where: dict[str, Any] | None = None, **changes: Any) -> Line:
        """An endpoint that has been started, but not run."""
        settings: dict[str, Any] = {"kmf_fingerprint": identity("kmf").fingerprint, **changes}
        config = EndpointConfig(identity(name), **settings)
        endpoint = Endpoint(config, random=self.random.randbytes)
        endpoint.start(self.now)
        return self.add(name, endpoint, **(where or {}))

    def join_endpoint(self, name: str, **options: Any) -> Line:
        line = self.endpoint(name, **options)
        self.run()
        return line

    def say(self, line: Line, payload: bytes, *, step: float = 0.02) -> bool:
        """One packet, delivered; then the clock moves on by `step`."""
        spoken = line.peer.send_rtp(payload, timestamp=int(self.now * 8000), now=self.now)
        self.run(step)
        return bool(spoken)

    def hold(self, sender: Line, receiver: Line, payload: bytes) -> bytes:
        """Say something, but keep the packet that the receiver would have got."""
        held: list[bytes] = []

        def keep(_sender: Line, to: Line, wire: bytes) -> bool:
            if to is receiver:
                held.append(wire)
            return True

        before, self.lose = self.lose, keep
        self.say(sender, payload)
        self.lose = before
        return held[0]

    def outgoing(self, line: Line) -> list[bytes]:
        if not isinstance(line.peer, Endpoint):
            return super().outgoing(line)
        dtls = []
        for datagram, _addr in line.peer.datagrams_to_send(self.now):
            if classify(datagram) == "dtls":
                dtls.append(datagram)
            else:
                self.forward(line, datagram)
        return dtls

    def incoming(self, line: Line, datagram: bytes) -> None:
        if isinstance(line.peer, Endpoint):
            line.peer.receive_datagram(datagram, line.peer.config.mdd_addr, self.now)
        else:
            super().incoming(line, datagram)

    # -- the relay ----------------------------------------------------------------------------------------------

    def contexts(self, line: Line) -> Contexts | None:
        """(from the endpoint, to the endpoint) by the keys that came with the latest SRTPKeyInformation."""
        sent = [m.content.keys for m in self.sent("kmf", line) if m.type == 2]
        if not sent or sent[-1] is None:
            return None
        keys = sent[-1]
        known = self._contexts.get(line.association_id)
        if known is None or known[0] != keys:
            layer = SRTP_PROFILES[keys.profile].layer.code
            made = SrtpContext(layer, *keys.client), SrtpContext(layer, *keys.server)
            self._contexts[line.association_id] = keys, made
        return self._contexts[line.association_id][1]

    def forward(self, sender: Line, datagram: bytes) -> None:
        self.media.append((sender, datagram))
        mine = self.contexts(sender)
        assert mine is not None, "media before keys"
        # opened once, sealed for each receiver under its own key
        rtcp = classify(datagram) == "rtcp"
        double = sender.peer.config.ekt_ciphers != ()
        body, field = (datagram, b"") if rtcp or not double else self._peel(datagram)
        plain = mine[0].unprotect_rtcp(body) if rtcp else mine[0].unprotect(body)
        for receiver in self.lines:
            theirs = self.contexts(receiver)
            if (
                receiver is sender
                or theirs is None
                or receiver.conference_id != sender.conference_id
            ):
                continue
            wire = theirs[1].protect_rtcp(plain) if rtcp else theirs[1].protect(plain) + field
            if not self.lose(sender, receiver, wire):
                self.deliver(receiver, wire)

    @staticmethod
    def _peel(datagram: bytes) -> tuple[bytes, bytes]:
        srtp, field = peel_ekt(datagram)
        return srtp, field.raw

    def deliver(self, receiver: Line, wire: bytes) -> None:
        self.delivered.append((receiver, wire))
        self.incoming(receiver, wire)


def heard(line: Line) -> list[bytes]:
    """Payloads that an endpoint received, in order."""
    return [event.payload for event in line.of(MediaReceived)]


def board(*names: str, kmf: dict[str, Any] | None = None, **changes: Any) -> MediaWorld:
    """One conference of these members, its tunnel open."""
    world = MediaWorld(kmf_config(conference(BOARD, *names, **changes), **(kmf or {})))
    world.tunnel()
    return world


def direct(
    config: dict[str, Any] | None = None, **server: Any
) -> tuple[Endpoint, DtlsServer, dict[str, list[bytes]]]:
    """An endpoint with a bare DTLS server in the KMF's place, handshake done."""
    source = random.Random(5).randbytes
    settings = {"kmf_fingerprint": identity("kmf").fingerprint, **(config or {})}
    endpoint = Endpoint(EndpointConfig(identity("a"), **settings), random=source)
    options = {"srtp_profiles": (9,), "ekt_ciphers": (1,), **server}
    dtls = DtlsServer(DtlsConfig(identity("kmf"), lambda _p: None, random=source, **options))
    endpoint.start(0.0)
    log = exchange(endpoint, dtls, 0.0)
    return endpoint, dtls, log


def exchange(endpoint: Endpoint, dtls: DtlsServer, now: float) -> dict[str, list[bytes]]:
    """Carry datagrams both ways until there are none."""
    log: dict[str, list[bytes]] = {"endpoint": [], "server": []}
    for _ in range(20):
        for data, _addr in endpoint.datagrams_to_send(now):
            log["endpoint"].append(data)
            dtls.receive_datagram(data, now)
        for datagram in dtls.datagrams_to_send(now):
            log["server"].append(bytes(datagram))
            endpoint.receive_datagram(bytes(datagram), None, now)
    return log


def ekt_parameters(spi: int = 7, **changes: Any) -> EktParameters:
    """What a server without a conference behind it gives out."""
    settings = {"cipher": 1, "key": Key(b"k" * 16), "salt": Key(b"s" * 12), "ttl": 1000, **changes}
    return EktParameters(spi, **settings)


def events_of(endpoint: Endpoint) -> list[Any]:
    """All events not taken yet."""
    found = []
    while (event := endpoint.next_event()) is not None:
        found.append(event)
    return found


def pair() -> tuple[MediaWorld, Any, Any]:
    """Two endpoints; the first has said hello to the second."""
    world = board("a", "b")
    a, b = world.join_endpoint("a"), world.join_endpoint("b")
    world.say(a, b"hello")
    return world, a, b

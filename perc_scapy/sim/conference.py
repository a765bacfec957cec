# SPDX-License-Identifier: GPL-2.0-only
"""A whole conference in one process: KMF, MDD and endpoints on a simulated network, tunnels on the own DTLS engine.

Certificates, keys and every octet follow from the seed (not from the machine, not from the time of day).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.dtls import DtlsConfig, Identity
from perc_scapy.roles.endpoint.config import EndpointConfig
from perc_scapy.roles.endpoint.events import MediaReady
from perc_scapy.roles.endpoint.role import Endpoint
from perc_scapy.roles.kmf.config import Conference, KmfConfig, Member
from perc_scapy.roles.kmf.role import Kmf
from perc_scapy.roles.mdd.config import MddConference, MddConfig
from perc_scapy.roles.mdd.role import Mdd
from perc_scapy.sim.network import PERFECT, Address, Conditions, Network
from perc_scapy.sim.nodes import EndpointNode, KmfNode, MddNode
from perc_scapy.tunnel.carrier import (
    EngineAcceptor,
    TunnelDialer,
    TunnelListener,
    engine_client,
    only,
)

KMF = "kmf"
PACKET_TIME = 0.02
"""Seconds of speech in a packet."""
SAMPLES = 160


def _drawn(seed: str) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes  # noqa: S311  # a simulation repeats itself; its keys protect nothing


@cache
def identity(name: str) -> Identity:
    """The certificate of that name: always the same."""
    return Identity.generate(name, random=_drawn(f"identity {name}"))


def conference_id(name: str) -> bytes:
    """16 octets for a conference of that name."""
    return name.encode().ljust(16, b"\0")[:16]


def mdd_address(name: str) -> str:
    """Where the MDD listens for a conference."""
    return f"mdd/{name}"


def tunnel_address(name: str) -> str:
    """Where the MDD's end of a tunnel is."""
    return f"mdd/tunnel/{name}"


class SimConference:
    """`join` endpoints, `talk`, `run`. `network.taps` and the nodes' `filters` observe or alter; `keylog` collects.

    `members` of one conference, or of several by name; each conference has its own listen address and its own tunnel.
    `setup` overrides fields of every `Conference`, `room_setup` those of one; `tunnels` names those
    that a conference may use, the same name in several shares it. `log` fills `network.log`.
    """

    def __init__(
        self,
        members: Iterable[str] | dict[str, Iterable[str]] = ("a", "b", "c"),
        *,
        seed: object = 1,
        access: Conditions = PERFECT,
        tunnel: Conditions = PERFECT,
        setup: dict[str, Any] | None = None,
        room_setup: dict[str, dict[str, Any]] | None = None,
        tunnels: dict[str, tuple[str, ...]] | None = None,
        mdd_setup: dict[str, Any] | None = None,
        kmf_setup: dict[str, Any] | None = None,
        log: bool = False,
    ) -> None:
        self.seed = seed
        rooms = members if isinstance(members, dict) else {"room": members}
        self.rooms = {name: tuple(people) for name, people in rooms.items()}
        self._tunnels = tunnels or {name: (name,) for name in self.rooms}
        self.network = Network(seed, access)
        self.network.log = [] if log else None
        self.keylog: list[str] = []
        self.endpoints: dict[str, EndpointNode] = {}
        """The newest of each name."""
        self._made = 0
        self._setup, self._room_setup = setup or {}, room_setup or {}
        self.kmf = self._make_kmf(kmf_setup or {})
        self.mdd = self._make_mdd(mdd_setup or {})
        for name in self._tunnel_names():
            self.network.link(KMF, tunnel_address(name), tunnel)
        self.network.attach(self.kmf)
        self.network.attach(self.mdd)
        self.mdd.start(0.0)
        self.network.touch(self.mdd)

    def randomness(self, who: str) -> Callable[[int], bytes]:
        """A random source of one party."""
        return _drawn(f"{self.seed} {who}")

    # -- parties

    def _conference(self, name: str) -> Conference:
        fields: dict[str, Any] = {
            "members": tuple(Member(who, identity(who).fingerprint) for who in self.rooms[name]),
            "mdds": frozenset({identity("mdd").fingerprint}),
        }
        fields |= self._setup | self._room_setup.get(name, {})
        return Conference(conference_id(name), name, **fields)

    def _make_kmf(self, setup: dict[str, Any]) -> KmfNode:
        conferences = tuple(self._conference(name) for name in self.rooms)
        draw = self.randomness("kmf")
        kmf = Kmf(
            KmfConfig(identity("kmf"), conferences=conferences, **setup),
            random=draw,
            keylog=self.keylog.append,
        )
        trusted = {fingerprint for c in conferences for fingerprint in c.mdds}
        config = DtlsConfig(identity("kmf"), only(trusted), random=draw, keylog=self.keylog.append)
        return KmfNode(kmf, TunnelListener(EngineAcceptor(config)), KMF)

    def _make_mdd(self, setup: dict[str, Any]) -> MddNode:
        draw = self.randomness("mdd")
        trusted = {identity("kmf").fingerprint}
        rooms = tuple(
            MddConference(conference_id(name), name, tunnels=self._tunnels[name])
            for name in self.rooms
        )
        mdd = Mdd(MddConfig(rooms, **setup), random=draw)
        config = DtlsConfig(identity("mdd"), only(trusted), random=draw)
        return MddNode(
            mdd,
            {mdd_address(name): conference_id(name) for name in self.rooms},
            {
                tunnel_address(name): TunnelDialer(name, engine_client(config), KMF)
                for name in self._tunnel_names()
            },
        )

    def _tunnel_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for names in self._tunnels.values() for name in names))

    def endpoint(self, name: str, room: str = "room", **changes: Any) -> EndpointNode:
        """An endpoint on the network that has not started; `changes` are fields of `EndpointConfig`."""
        as_identity = changes.pop("identity", None) or identity(name)
        self._made += (
            1  # one that comes back draws anew, or its ClientHello would be a repeat of the old one
        )
        address: Address = changes.pop("address", f"{name}/{self._made}")
        profile = self._setup.get(
            "profile", ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM
        )
        fields: dict[str, Any] = {
            "kmf_fingerprint": identity("kmf").fingerprint,
            "profiles": (profile,),
            "ekt_ciphers": (self._setup.get("ekt_cipher", EktCipher.AESKW_128),),
            "mdd_addr": mdd_address(room),
            "hbh_only": self._setup.get("hbh_only", False),
        }
        config = EndpointConfig(as_identity, **{**fields, **changes})
        draw = self.randomness(f"endpoint {self._made} {address}")
        node = EndpointNode(name, Endpoint(config, random=draw), address)
        self.endpoints[name] = node
        self.network.attach(node)
        return node

    # -- what happens

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self.network.now

    def start(self, name: str, room: str = "room", **changes: Any) -> EndpointNode:
        """An endpoint that begins its handshake now."""
        node = self.endpoint(name, room, **changes)
        node.endpoint.start(self.now)
        self.network.touch(node)
        return node

    def join(
        self, name: str, room: str = "room", *, within: float = 60.0, **changes: Any
    ) -> EndpointNode:
        """Start an endpoint and let time pass until it may send media, or `within` seconds are over."""
        node = self.start(name, room, **changes)
        self.network.run(self.now + within, stop=lambda: node.when(MediaReady) is not None)
        return node

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.network.run(self.now + seconds)

    def talk(self, name: str, packets: int, *, marker: bool = False) -> None:
        """Schedule speech packets of an endpoint, one each 20 ms from now; payloads name speaker and number."""
        node, begin = self.endpoints[name], self.now
        for number in range(packets):
            say = partial(self._say, node, number, marker and not number)
            self.network.at(begin + number * PACKET_TIME, say)

    def _say(self, node: EndpointNode, number: int, marker: bool) -> None:
        timestamp = round(self.now / PACKET_TIME) * SAMPLES
        payload = f"{node.name} {number} ".encode().ljust(SAMPLES, b".")
        node.endpoint.send_rtp(payload, timestamp=timestamp, marker=marker, now=self.now)
        self.network.touch(node)

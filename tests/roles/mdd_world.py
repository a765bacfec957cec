# SPDX-License-Identifier: GPL-2.0-only
"""An MDD with hand-made hop keys: the KMF is the test itself, participants are plain SRTP contexts."""

from __future__ import annotations

import random as seeded
import struct
from dataclasses import dataclass, field
from typing import Any

from perc_scapy.crypto import Key, SrtpContext
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.roles import Mdd, MddConference, MddConfig, Path
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls

DRAFT = TUNNEL_VERSIONS["draft00"]
ROOM, OTHER = b"conference-room1", b"conference-room2"
KMF = "sha-256:" + "ab" * 32
HELLO = bytes.fromhex("16feff0000000000000000") + b"\x00\x0c\x01" + bytes(11)
"""By its headers a ClientHello in epoch 0; the MDD looks no further."""
SHORT = b"\0"
DOUBLE, DOUBLE_256, PLAIN = 9, 10, 7


def rtp(seq: int, ssrc: int, body: bytes = b"inner ciphertext and its tag..", pt: int = 0) -> bytes:
    return struct.pack("!BBHII", 0x80, pt, seq & 0xFFFF, 160 * seq & 0xFFFFFFFF, ssrc) + body


def sender_report(ssrc: int, *more: bytes) -> bytes:
    return struct.pack("!BBHI", 0x80, 200, 6, ssrc) + bytes(20) + b"".join(more)


def bye(*ssrcs: int) -> bytes:
    return struct.pack("!BBH", 0x80 | len(ssrcs), 203, len(ssrcs)) + b"".join(
        ssrc.to_bytes(4, "big") for ssrc in ssrcs
    )


def hop_keys(seed: object, profile: int = DOUBLE) -> HopKeys:
    row, draw = SRTP_PROFILES[profile].layer, seeded.Random(str(seed)).randbytes
    return HopKeys(
        profile,
        MasterKey(Key(draw(row.key_length)), Key(draw(row.salt_length))),
        MasterKey(Key(draw(row.key_length)), Key(draw(row.salt_length))),
    )


@dataclass
class Party:
    """A participant: its address, its association id, and both directions of its hop."""

    path: Path
    association: bytes
    keys: HopKeys
    up: SrtpContext = field(init=False)
    down: SrtpContext = field(init=False)

    def __post_init__(self) -> None:
        self.use(self.keys)

    def use(self, keys: HopKeys) -> None:
        layer = SRTP_PROFILES[keys.profile].layer.code
        self.keys = keys
        self.up, self.down = SrtpContext(layer, *keys.client), SrtpContext(layer, *keys.server)

    def protect(self, packet: bytes, field: bytes = SHORT, **more: Any) -> bytes:
        return self.up.protect(packet + self.ohb, **more) + (field if self.double else b"")

    def open(self, wire: bytes, field: bytes = SHORT) -> bytes:
        """The outer plain packet; the EKT field must be there, octet for octet, exactly with a double profile."""
        if self.double:
            assert wire.endswith(field)
            wire = wire[: -len(field)]
        return self.down.unprotect(wire)

    @property
    def double(self) -> bool:
        return SRTP_PROFILES[self.keys.profile].is_double

    @property
    def ohb(self) -> bytes:
        return b"\0" if self.double else b""


class World:
    """An MDD, its tunnel "t", and the parties in it."""

    def __init__(self, **config: Any) -> None:
        conferences = config.pop("conferences", (MddConference(ROOM, "room", tunnels=("t",)),))
        config.setdefault("profiles", (DOUBLE, DOUBLE_256, PLAIN))
        self.mdd = Mdd(MddConfig(conferences, **config), random=seeded.Random(1).randbytes)
        self.now = 0.0
        for conference in conferences:
            for tunnel in conference.tunnels:
                self.mdd.tunnel_opened(tunnel, KMF, 0.0)

    def say(self, data: bytes, path: Path) -> list[tuple[bytes, Path]]:
        self.mdd.receive_datagram(data, path, self.now)
        return self.mdd.datagrams_to_send(self.now)

    def records(self) -> list[tuple[Any, TunneledDtls]]:
        return [
            (tunnel, DRAFT.decode(record, "mdd"))
            for tunnel, record in self.mdd.tunnel_data_to_send()
        ]

    def hello(self, remote: str, room: bytes = ROOM) -> tuple[Path, Any, TunneledDtls]:
        path = Path(room, remote)
        self.say(HELLO, path)
        ((tunnel, message),) = self.records()
        return path, tunnel, message

    def answer(self, party: bytes, dtls: bytes = b"\x16answer", **more: Any) -> list[Any]:
        tunnel = more.pop("tunnel", "t")
        message = TunneledDtls(party, dtls, more.pop("conference", ROOM), **more)
        self.mdd.receive_tunnel(tunnel, DRAFT.encode(message, "kmf"), self.now)
        return self.mdd.datagrams_to_send(self.now)

    def join(
        self, remote: str, profile: int = DOUBLE, room: bytes = ROOM, seed: Any = None
    ) -> Party:
        path, tunnel, message = self.hello(remote, room)
        keys = hop_keys(seed or (remote, room, profile), profile)
        self.answer(message.association_id, keys=keys, tunnel=tunnel, conference=room)
        return Party(path, message.association_id, keys)

    def events(self) -> list[Any]:
        found = []
        while (event := self.mdd.next_event()) is not None:
            found.append(event)
        return found

    @property
    def counters(self) -> dict[str, int]:
        return {name: count for name, count in self.mdd.counters.items() if count}

# SPDX-License-Identifier: GPL-2.0-only
"""A simulated conference recorded at its MDD, with numeric addresses on any link layer, and what was really said."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

from perc_scapy.capture.keyring import Keyring
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Address
from perc_scapy.pcap.pcapng import LINKTYPE_RAW, PcapngWriter
from perc_scapy.sim.conference import SimConference

START = 1_700_000_000_000_000_000
Front = Callable[[bytes], bytes]


class Spoken(NamedTuple):
    """One RTP payload as an endpoint gave it to its SRTP."""

    name: str
    timestamp: int
    payload: bytes


class Recorded:
    """`frames`: (nanoseconds, source, destination, UDP payload) at the MDD; `spoken` in order."""

    def __init__(self, *, ipv6: bool = False, **options: object) -> None:
        self.conference = SimConference(**options)
        self.frames: list[tuple[int, Address, Address, bytes]] = []
        self.spoken: list[Spoken] = []
        self._hosts: dict[str, Address] = {}
        self._form = "fd00::{}" if ipv6 else "10.0.0.{}"
        receive = self.conference.mdd.receive

        def receive_and_record(data: bytes, source, at, now: float) -> None:
            self._seen(now, source, at, data)
            receive(data, source, at, now)

        self.conference.mdd.receive = receive_and_record
        self.conference.network.taps.append(self._leaves)

    def _leaves(self, crossing):
        if str(crossing.source).startswith("mdd"):
            self._seen(crossing.time, crossing.source, crossing.destination, crossing.data)
        return crossing.data

    def _seen(self, now: float, src: object, dst: object, data: bytes) -> None:
        time_ns = START + round(now * 1e9)
        self.frames.append((time_ns, self.address(src), self.address(dst), bytes(data)))

    def address(self, node: object) -> Address:
        """A number for each place of the simulation."""
        name = str(node)
        host = self._form.format(len(self._hosts) + 1)
        return self._hosts.setdefault(name, Address(host, 5000 + len(self._hosts)))

    def join(self, name: str, **changes: object) -> None:
        node = self.conference.join(name, **changes)
        send = node.endpoint.send_rtp

        def send_and_keep(payload: bytes, *, timestamp: int, **more: object) -> object:
            self.spoken.append(Spoken(name, timestamp, payload))
            return send(payload, timestamp=timestamp, **more)

        node.endpoint.send_rtp = send_and_keep
        self.conference.run(1.0)

    def talk(self, packets: int = 12) -> None:
        for name in self.conference.endpoints:
            self.conference.talk(name, packets)
        self.conference.run(packets * 0.02 + 1)

    def pcapng(
        self, *, link_type: int = LINKTYPE_RAW, front: Front = bytes, secrets: bool = True
    ) -> bytes:
        """`front` puts a link layer before an IP packet."""
        stream = io.BytesIO()
        writer = PcapngWriter(stream, link_type=link_type, interface="eth7")
        if secrets:
            writer.secrets("\n".join(self.conference.keylog).encode())
        for time_ns, src, dst, data in self.frames:
            writer.packet(time_ns, front(ip_udp(src, dst, data)))
        return stream.getvalue()

    def keys(self) -> Keyring:
        ring = Keyring()
        ring.add_text("\n".join(self.conference.keylog).encode())
        return ring


def conference(*names: str, **options: object) -> Recorded:
    """All join, then all talk."""
    talk = Recorded(members=names, **options)
    for name in names:
        talk.join(name)
    talk.talk()
    return talk

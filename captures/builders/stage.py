# SPDX-License-Identifier: GPL-2.0-only
"""A simulated conference whose MDD records what passes its sockets: tunnel on one side, endpoints on the other."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import partial
from ipaddress import ip_address
from typing import Any, NamedTuple

from captures.builders.recipe import Built
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.sim.conference import PACKET_TIME, SAMPLES, SimConference
from perc_scapy.sim.network import Crossing
from perc_scapy.sim.nodes import EndpointNode, MddNode

START = 1_700_000_000
"""Seconds since 1970 at which simulated time begins."""
TEXT_TYPE = 100
"""Payload type of packets that carry a line of text."""


class Passed(NamedTuple):
    """One datagram at the MDD's sockets."""

    time: float
    src: Any
    dst: Any
    data: bytes


class Stage(SimConference):
    """`SimConference` with a tap, plus `untrue`: what a deviating party does to datagrams before they are on the wire.

    `lost` sees what has left the MDD: the capture shows it, the endpoint never gets what it drops.
    """

    def __init__(
        self,
        members: Iterable[str] | dict[str, Iterable[str]] = "ab",
        *,
        v6: bool = False,
        **more: Any,
    ) -> None:
        self.passed: list[Passed] = []
        self.untrue: list[Callable[[Crossing], bytes | None]] = []
        self.lost: list[Callable[[Crossing], bool]] = []
        self.v6 = v6
        self._hosts: dict[str, int] = {}
        people = (
            {k: tuple(v) for k, v in members.items()}
            if isinstance(members, dict)
            else tuple(members)
        )
        super().__init__(people, **{"seed": "golden", **more})

    def mdd_hears(self, data: bytes, source: Any) -> bytes:
        """What a deviating MDD makes of a datagram before it looks at it."""
        return data

    # -- recording

    def _make_mdd(self, setup: dict[str, Any]) -> MddNode:
        node = super()._make_mdd(setup)
        receive = node.receive

        def receive_and_record(data: bytes, source: Any, at: Any, now: float) -> None:
            self.passed.append(Passed(now, source, at, data))
            receive(self.mdd_hears(data, source), source, at, now)

        node.receive = receive_and_record  # type: ignore[method-assign]
        self.network.taps.append(self._leaves)
        return node

    def _leaves(self, crossing: Crossing) -> bytes | None:
        data = crossing.data
        for change in self.untrue:
            seen = Crossing(crossing.time, crossing.source, crossing.destination, data)
            if (data := change(seen)) is None:
                return None
        if str(crossing.source).startswith("mdd"):
            self.passed.append(Passed(crossing.time, crossing.source, crossing.destination, data))
        return None if any(drop(crossing) for drop in self.lost) else data

    # -- people

    def open(self, names: str, pause: float = 0.5, **changes: Any) -> None:
        """Each of them joins, one after the other."""
        self.run(0.2)
        for name in names:
            self.join(name, **changes)
            self.run(pause)

    def say(
        self, name: str, count: int, *, marker: bool = False, every: float = PACKET_TIME
    ) -> None:
        """Short lines of text as media, one each `every` seconds from now."""
        node, begin = self.endpoints[name], self.now
        for number in range(count):
            action = partial(self._line, node, number, marker and not number)
            self.network.at(begin + number * every, action)

    def _line(self, node: EndpointNode, number: int, marker: bool) -> None:
        stamp = round(self.now / PACKET_TIME) * SAMPLES
        text = f"{node.name} says line {number}".encode()
        node.endpoint.send_rtp(
            text, timestamp=stamp, payload_type=TEXT_TYPE, marker=marker, now=self.now
        )
        self.network.touch(node)

    def everybody(
        self, names: str, count: int, *, every: float = PACKET_TIME, marker: bool = False
    ) -> None:
        """All of them speak at once, a few milliseconds apart; returns when the last packet is through."""
        for name in names:
            self.say(name, count, every=every, marker=marker)
            self.run(0.003)
        self.run(count * every + 0.2)

    # -- the file

    def address(self, name: Any) -> tuple[str, int]:
        """The socket address that a simulated one stands for (documentation addresses, RFC 5737 and RFC 3849)."""
        text = str(name)
        if text == "kmf":
            return self._host(1), 4433
        if text.startswith("mdd/tunnel/"):
            return self._host(2), 50000 + self._tunnel_names().index(text[11:])
        if text.startswith("mdd/"):
            return self._host(2), 5004 + 2 * list(self.rooms).index(text[4:])
        who, _, serial = text.partition("/")
        place = self._hosts.setdefault(who, len(self._hosts))
        return self._host(10 + place), 40000 + int(serial or 0)

    def _host(self, number: int) -> str:
        if self.v6:
            return str(ip_address(f"2001:db8::{number:x}"))
        return f"192.0.2.{number}" if number < 10 else f"198.51.100.{number}"

    def frames(self) -> list[tuple[int, bytes]]:
        """(nanoseconds since 1970, IP packet) of all that passed."""
        return [
            (
                START * 10**9 + round(p.time * 1e9),
                ip_udp(self.address(p.src), self.address(p.dst), p.data),
            )
            for p in self.passed
        ]

    def secrets(self) -> bytes:
        """The key log of the KMF: tunnel and endpoints."""
        return "".join(f"{line}\n" for line in self.keylog).encode()

    def built(self, *, inside: bool = False) -> Built:
        """The capture; `inside`: with its secrets in a Decryption Secrets Block as well."""
        secrets = self.secrets()
        return Built(pcapng(self.frames(), secrets if inside else b""), secrets or None)


def pcapng(
    frames: Iterable[tuple[int, bytes]], secrets: bytes = b"", link_type: int = 101
) -> bytes:
    """A capture file of these frames."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, link_type=link_type, interface="mdd")
    if secrets:
        writer.secrets(secrets)
    for time_ns, frame in frames:
        writer.packet(time_ns, frame)
    return stream.getvalue()

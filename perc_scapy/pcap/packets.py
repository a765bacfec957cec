# SPDX-License-Identifier: GPL-2.0-only
"""UDP datagrams of a capture with their addresses and packet numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import UDP
from perc_scapy.pcap.links import ip_packet

_EXTENSION_HEADERS = {0, 43, 60}
"""IPv6 headers that may stand before UDP: hop-by-hop, routing, destination options (RFC 8200 section 4)."""


class Address(NamedTuple):
    """One end of a datagram."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP payload as it passed. `number` is the packet's position in the capture, from 1."""

    number: int
    time: float
    """Seconds since 1970."""
    src: Address
    dst: Address
    data: bytes
    missing: int = 0
    """Octets that the sender sent and the capture lacks."""

    @property
    def flow(self) -> frozenset[Address]:
        """The same for both directions."""
        return frozenset((self.src, self.dst))


def datagrams(frames: Iterable[Frame]) -> Iterator[Datagram]:
    """Those frames that hold a UDP datagram."""
    for frame in frames:
        datagram = datagram_of(frame)
        if datagram is not None:
            yield datagram


def datagram_of(frame: Frame) -> Datagram | None:
    """The UDP datagram of a frame; None for anything else, IP fragments included."""
    packet = ip_packet(frame.link_type, frame.data)
    parts = None if packet is None else _transport(packet)
    if parts is None or len(parts.udp) < 8:
        return None
    udp = parts.udp
    length = int.from_bytes(udp[4:6], "big")
    src = Address(_host(parts.src), int.from_bytes(udp[0:2], "big"))
    dst = Address(_host(parts.dst), int.from_bytes(udp[2:4], "big"))
    missing = max(0, length - len(udp))
    return Datagram(frame.number, frame.time, src, dst, udp[8 : max(8, length)], missing)


class _Transport(NamedTuple):
    src: bytes
    dst: bytes
    udp: bytes


def _transport(packet: bytes) -> _Transport | None:
    return _ipv4(packet) if packet[0] >> 4 == 4 else _ipv6(packet)


def _ipv4(packet: bytes) -> _Transport | None:
    header, total = 4 * (packet[0] & 0x0F), int.from_bytes(packet[2:4], "big")
    if len(packet) < header or header < 20 or packet[9] != UDP:
        return None
    if int.from_bytes(packet[6:8], "big") & 0x3FFF:  # more fragments, or not the first one
        return None
    # Padding of short Ethernet frames lies behind the total length; zero means segmentation offload.
    return _Transport(packet[12:16], packet[16:20], packet[header : total or None])


def _ipv6(packet: bytes) -> _Transport | None:
    if len(packet) < 40:
        return None
    kind, at, end = packet[6], 40, 40 + int.from_bytes(packet[4:6], "big")
    while kind in _EXTENSION_HEADERS and len(packet) >= at + 8:
        kind, at = packet[at], at + 8 + 8 * packet[at + 1]
    if kind != UDP:
        return None
    return _Transport(packet[8:24], packet[24:40], packet[at : end if end > 40 else None])


@lru_cache(maxsize=4096)
def _host(packed: bytes) -> str:
    return str(ip_address(packed))

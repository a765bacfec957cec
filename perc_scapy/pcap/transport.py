# SPDX-License-Identifier: GPL-2.0-only
"""What IP packets carry: UDP datagrams and TCP segments, with the addresses of both ends (RFC 768, RFC 9293)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from perc_scapy.pcap.ip import TCP, UDP, IpPart

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


class Address(NamedTuple):
    """One end of a datagram."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


# Not frozen: frozen ones take four times as long to make, and captures have millions of them.
@dataclass(slots=True, unsafe_hash=True)
class Datagram:
    """A UDP payload as it passed. Nobody changes one after it was read."""

    number: int
    """The packet's position in the capture, from 1; of fragments, the one that completed it."""
    time: float
    """Seconds since 1970."""
    src: Address
    dst: Address
    data: bytes
    missing: int = 0
    """Octets that the sender sent and the capture lacks."""
    fragments: tuple[int, ...] = ()
    """Packet numbers of all IP fragments; empty when it came in one piece."""
    protocol: str = ""
    """What an exported PDU says it is; empty where the octets themselves must tell, as on the wire."""

    @property
    def flow(self) -> frozenset[Address]:
        """The same for both directions."""
        return frozenset((self.src, self.dst))

    @property
    def numbers(self) -> tuple[int, ...]:
        """All packets that brought a part of it."""
        return self.fragments or (self.number,)


@dataclass(slots=True, unsafe_hash=True)
class Segment:
    """A TCP segment as it passed, empty ones included. `streams` puts them in order."""

    number: int
    time: float
    src: Address
    dst: Address
    seq: int
    """Sequence number of the first octet of `data`, or of the SYN."""
    ack: int
    flags: int
    data: bytes
    missing: int = 0
    fragments: tuple[int, ...] = ()

    @property
    def flow(self) -> frozenset[Address]:
        """The same for both directions."""
        return frozenset((self.src, self.dst))

    @property
    def numbers(self) -> tuple[int, ...]:
        """All packets that brought a part of it."""
        return self.fragments or (self.number,)


@lru_cache(maxsize=8192)
def address(host: bytes, port: bytes) -> Address:
    """From the octets of an IP and a transport header."""
    return Address(str(ip_address(host)), int.from_bytes(port, "big"))


def transport(
    number: int, time: float, part: IpPart, fragments: tuple[int, ...] = ()
) -> Datagram | Segment | None:
    """What an unfragmented or rejoined packet carries; None for other protocols and headers cut short."""
    if part.protocol == UDP:
        return _udp(number, time, part, fragments)
    return _tcp(number, time, part, fragments) if part.protocol == TCP else None


def _udp(number: int, time: float, part: IpPart, fragments: tuple[int, ...]) -> Datagram | None:
    udp = part.body
    if len(udp) < 8:
        return None
    length = int.from_bytes(udp[4:6], "big")
    src, dst = address(part.src, udp[0:2]), address(part.dst, udp[2:4])
    missing = max(0, length - len(udp))
    return Datagram(number, time, src, dst, udp[8 : max(8, length)], missing, fragments)


def _tcp(number: int, time: float, part: IpPart, fragments: tuple[int, ...]) -> Segment | None:
    tcp = part.body
    header = 4 * (tcp[12] >> 4) if len(tcp) >= 20 else 0
    if header < 20 or len(tcp) < header:
        return None
    src, dst = address(part.src, tcp[0:2]), address(part.dst, tcp[2:4])
    seq, ack = int.from_bytes(tcp[4:8], "big"), int.from_bytes(tcp[8:12], "big")
    return Segment(number, time, src, dst, seq, ack, tcp[13], tcp[header:], part.missing, fragments)

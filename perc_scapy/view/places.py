# SPDX-License-Identifier: GPL-2.0-only
"""Where things are in a frame: IP and transport header, payload; and what a frame is that has no payload to show."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.pcap import exported
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.ip import TCP, UDP, IpPart, read_ip
from perc_scapy.pcap.links import ip_offset
from perc_scapy.pcap.packets import Datagram, Segment

UDP_HEADER = 8
PROTOCOLS = {1: "ICMP", 2: "IGMP", TCP: "TCP", UDP: "UDP", 47: "GRE", 50: "ESP", 58: "ICMPv6", 132: "SCTP"}  # fmt: skip
"""Names of IP protocols that show up beside media (IANA registry)."""


def payload_offset(frame: Frame, payload: Datagram | Segment) -> int | None:
    """Where a UDP or TCP payload begins in its frame; None when it was put together from fragments."""
    if frame.link_type == exported.LINKTYPE:
        return len(frame.data) - len(payload.data)
    at = ip_offset(frame.link_type, frame.data)
    part = read_ip(frame.data, at) if at >= 0 and not payload.fragments else None
    if part is None:
        return None
    start = _end_of_ip(frame.data, at) - len(part.body)
    if isinstance(payload, Datagram):
        return start + UDP_HEADER
    return start + 4 * (part.body[12] >> 4)


def _end_of_ip(data: bytes, at: int) -> int:
    """Behind the packet's last octet: not always the end of the frame, which may be padded."""
    if data[at] >> 4 == 4:
        total = int.from_bytes(data[at + 2 : at + 4], "big")
    else:
        length = int.from_bytes(data[at + 4 : at + 6], "big")
        total = 40 + length if length else 0
    return min(len(data), at + total) if total else len(data)


class Bare(NamedTuple):
    """A frame without UDP or TCP payload."""

    src: str
    dst: str
    protocols: list[str]
    what: str
    """In words."""


def describe(frame: Frame) -> Bare:
    """What a frame is when there is no datagram or segment in it."""
    at = ip_offset(frame.link_type, frame.data)
    if at < 0:
        return Bare("", "", [], f"link type {frame.link_type}, no IP packet")
    part = read_ip(frame.data, at)
    if part is None:
        return Bare("", "", ["ip"], "IP packet cut short")
    return Bare(_host(part.src), _host(part.dst), ["ipv6" if len(part.src) == 16 else "ip"], _what(part))  # fmt: skip


def _host(packed: bytes) -> str:
    from ipaddress import ip_address

    return str(ip_address(packed))


def _what(part: IpPart) -> str:
    name = PROTOCOLS.get(part.protocol, f"protocol {part.protocol}")
    if part.fragment is not None:
        return f"{name} in an IP fragment, {len(part.body)} octets from {part.fragment.offset}"
    return f"{name}, {len(part.body)} octets"

# SPDX-License-Identifier: GPL-2.0-only
"""A frame again with another UDP payload: link layer and addresses as recorded, lengths and checksums right."""

from __future__ import annotations

from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp, ipv4_udp, ipv6_udp
from perc_scapy.pcap.links import LINK_TYPES, ip_offset
from perc_scapy.pcap.packets import Datagram
from perc_scapy.pcap.pcapng import LINKTYPE_RAW

_PPPOE = b"\x88\x64"


def link_type_of(link_type: int) -> int:
    """Of what `with_payload` makes of a frame with this link type: raw IP where no IP packet was recorded."""
    return link_type if link_type in LINK_TYPES else LINKTYPE_RAW


def with_payload(frame: Frame, datagram: Datagram, payload: bytes) -> bytes:
    """`datagram` is what `frame` carries or completes. IP options, extension headers and fragmentation are gone.

    Raises `EncodeError` for a payload that UDP cannot hold; a shorter one than the datagram's always fits.
    """
    at = ip_offset(frame.link_type, frame.data)
    if at < 0:
        return ip_udp(datagram.src, datagram.dst, payload)
    ip = frame.data[at:]
    ends = datagram.src.port, datagram.dst.port
    packet = ipv4_udp(ip, *ends, payload) if ip[0] >> 4 == 4 else ipv6_udp(ip, *ends, payload)
    return _link_layer(frame.data[:at], len(packet)) + packet


def _link_layer(front: bytes, length: int) -> bytes:
    """PPPoE (RFC 2516) alone has a length: of the PPP packet, which begins with two octets of its own."""
    if front[-10:-8] == _PPPOE:
        return front[:-4] + (length + 2).to_bytes(2, "big") + front[-2:]
    return front

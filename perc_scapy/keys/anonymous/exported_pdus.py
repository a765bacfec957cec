# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs without names: tags with addresses mapped, datagrams treated as such, other protocols emptied."""

from __future__ import annotations

import struct

from perc_scapy.keys.anonymous.addresses import Addresses
from perc_scapy.keys.anonymous.datagrams import DatagramNames
from perc_scapy.pcap import exported
from perc_scapy.pcap.exported import read_pdu

_ADDRESSES = {
    exported.IPV4_SRC: 4, exported.IPV4_DST: 4, exported.IPV6_SRC: 16, exported.IPV6_DST: 16,
}  # fmt: skip
_KEPT = {
    exported.DISSECTOR, exported.HEURISTIC_DISSECTOR, exported.PORT_TYPE, exported.SRC_PORT,
    exported.DST_PORT,
}  # fmt: skip
_DATAGRAMS = {"dtls", "rtp", "rtcp", "srtp", "srtcp", "stun", "stun-udp", "udp", "perc"}
"""Dissectors of what a UDP datagram carries."""


def learn_pdu(packet: bytes, datagrams: DatagramNames, addresses: Addresses) -> None:
    """The first reading."""
    pdu = read_pdu(packet)
    for tag, start, end in _tags(packet):
        if _ADDRESSES.get(tag) == end - start:
            addresses.taken.add(packet[start:end])
    if pdu is not None and pdu.protocol in _DATAGRAMS:
        datagrams.learn((pdu.src, pdu.dst), pdu.data)


def anonymous_pdu(packet: bytes, datagrams: DatagramNames, addresses: Addresses) -> bytes:
    """The same tags and lengths. Never raises."""
    pdu = read_pdu(packet)
    if pdu is None:
        return bytes(len(packet))
    out = bytearray(packet[: len(packet) - len(pdu.data)])
    for tag, start, end in _tags(packet):
        if _ADDRESSES.get(tag) == end - start:
            out[start:end] = addresses.ip(packet[start:end])
        elif tag not in _KEPT:
            out[start:end] = bytes(end - start)
    if pdu.protocol in _DATAGRAMS:
        return bytes(out) + datagrams.anonymous((pdu.src, pdu.dst), pdu.data)
    return bytes(out) + bytes(len(pdu.data))


def _tags(packet: bytes) -> list[tuple[int, int, int]]:
    """(tag, start, end) of each value."""
    found, at = [], 0
    while at + 4 <= len(packet):
        tag, length = struct.unpack_from("!HH", packet, at)
        if tag == exported.END or at + 4 + length > len(packet):
            break
        found.append((tag, at + 4, at + 4 + length))
        at += 4 + length
    return found

# SPDX-License-Identifier: GPL-2.0-only
"""From a frame to the IP packet inside it, by link type. A new link type is one row of `LINK_TYPES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

_VLAN = {0x8100, 0x88A8, 0x9100}
_PPPOE = 0x8864
_IP_TYPES = {0x0800, 0x86DD}
_IP_PPP = {b"\x00\x21", b"\x00\x57"}
_ETHERNET_IP = {b"\x08\x00", b"\x86\xdd"}

Locate = Callable[[bytes], int]
"""Frame octets -> offset of the IPv4 or IPv6 packet, or -1 when it carries something else."""


def ip_offset(link_type: int, frame: bytes) -> int:
    """Where the IP packet of a frame begins; -1 for other protocols, unknown link types and frames cut short."""
    locate = LINK_TYPES.get(link_type)
    return -1 if locate is None else locate(frame)


def ip_packet(link_type: int, frame: bytes) -> bytes | None:
    """The IP packet of a frame; None for other protocols, unknown link types and frames cut short."""
    at = ip_offset(link_type, frame)
    return None if at < 0 else frame[at:]


def _ip_at(frame: bytes, at: int) -> int:
    """`at`, if an IP packet can begin there."""
    return at if len(frame) > at and frame[at] >> 4 in (4, 6) else -1


def _raw(frame: bytes) -> int:
    return _ip_at(frame, 0)


def _by_ethertype(frame: bytes, at: int) -> int:
    """`at`: offset of the EtherType; VLAN tags (IEEE 802.1Q, 802.1ad) and PPPoE (RFC 2516) are skipped."""
    while (ethertype := int.from_bytes(frame[at : at + 2], "big")) in _VLAN:
        at += 4
    if ethertype == _PPPOE and frame[at + 8 : at + 10] in _IP_PPP:
        return _ip_at(frame, at + 10)
    return _ip_at(frame, at + 2) if ethertype in _IP_TYPES else -1


def _ethernet(frame: bytes) -> int:
    if frame[12:14] in _ETHERNET_IP:
        return _ip_at(frame, 14)
    return _by_ethertype(frame, 12)


def _loopback(frame: bytes) -> int:
    """Four octets of address family in either byte order; the numbers for IPv6 differ by system."""
    family = max(frame[0:4], default=0) if len(frame) > 4 else 0
    return _ip_at(frame, 4) if family in (2, 10, 24, 28, 30) else -1


def _cooked(frame: bytes) -> int:
    """Linux cooked capture v1: EtherType at 14."""
    return _by_ethertype(frame, 14)


def _cooked2(frame: bytes) -> int:
    """Linux cooked capture v2: EtherType at 0, packet at 20, a VLAN tag's rest before it."""
    ethertype = int.from_bytes(frame[0:2], "big")
    if ethertype in _VLAN:
        return _by_ethertype(frame, 22)
    return _ip_at(frame, 20) if ethertype in _IP_TYPES else -1


LINK_TYPES: Mapping[int, Locate] = MappingProxyType(
    {
        0: _loopback,
        1: _ethernet,
        12: _raw,
        14: _raw,
        101: _raw,
        108: _loopback,
        113: _cooked,
        228: _raw,
        229: _raw,
        276: _cooked2,
    }
)
"""LINKTYPE_ value -> function (tcpdump.org registry)."""

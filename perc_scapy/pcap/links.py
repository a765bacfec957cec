# SPDX-License-Identifier: GPL-2.0-only
"""From a frame to the IP packet inside it, by link type. A new link type is one row of `LINK_TYPES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

_VLAN = {0x8100, 0x88A8, 0x9100}
_IP_TYPES = {0x0800, 0x86DD}

Unlink = Callable[[bytes], bytes | None]
"""Frame octets -> IPv4 or IPv6 packet, or None when it carries something else."""


def ip_packet(link_type: int, frame: bytes) -> bytes | None:
    """The IP packet of a frame; None for other protocols, unknown link types and frames cut short."""
    unlink = LINK_TYPES.get(link_type)
    return None if unlink is None else unlink(frame)


def _raw(frame: bytes) -> bytes | None:
    return frame if frame and frame[0] >> 4 in (4, 6) else None


def _by_ethertype(frame: bytes, at: int) -> bytes | None:
    """`at`: offset of the EtherType; VLAN tags are skipped (IEEE 802.1Q)."""
    while (ethertype := int.from_bytes(frame[at : at + 2], "big")) in _VLAN:
        at += 4
    return _raw(frame[at + 2 :]) if ethertype in _IP_TYPES else None


def _ethernet(frame: bytes) -> bytes | None:
    return _by_ethertype(frame, 12)


def _loopback(frame: bytes) -> bytes | None:
    """Four octets of address family in either byte order; the numbers for IPv6 differ by system."""
    family = max(frame[0:4], default=0) if len(frame) > 4 else 0
    return _raw(frame[4:]) if family in (2, 10, 24, 28, 30) else None


def _cooked(frame: bytes) -> bytes | None:
    """Linux cooked capture v1: EtherType at 14."""
    return _by_ethertype(frame, 14)


def _cooked2(frame: bytes) -> bytes | None:
    """Linux cooked capture v2: EtherType at 0, packet at 20."""
    if int.from_bytes(frame[0:2], "big") not in _IP_TYPES:
        return None
    return _raw(frame[20:])


LINK_TYPES: Mapping[int, Unlink] = MappingProxyType(
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

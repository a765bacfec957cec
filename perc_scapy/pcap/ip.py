# SPDX-License-Identifier: GPL-2.0-only
"""IPv4 and IPv6 packets: addresses, transport protocol, what is behind all headers, and fragments (RFC 791, 8200)."""

from __future__ import annotations

from typing import NamedTuple

UDP, TCP = 17, 6
FRAGMENT_HEADER = 44
_AUTHENTICATION = 51
_EXTENSION_HEADERS = {0, 43, 60, 135, 139, 140}
"""IPv6 headers that may stand before the transport: hop-by-hop, routing, destination options, mobility, HIP, shim6
(RFC 8200 section 4, IANA registry). All begin with next header and length in 8 octets."""


class Fragment(NamedTuple):
    """Where a fragment belongs."""

    key: tuple[bytes, ...]
    """The same for all fragments of one packet: addresses, identification and, for IPv4, protocol."""
    offset: int
    """Octets of the packet before this piece."""
    more: bool
    """Not the last piece."""


class IpPart(NamedTuple):
    """What an IP packet carries."""

    src: bytes
    dst: bytes
    protocol: int
    body: bytes
    """Octets behind the headers, without link-layer padding."""
    missing: int = 0
    """Octets that the length field promises and the capture lacks."""
    fragment: Fragment | None = None


def read_ip(data: bytes, at: int = 0) -> IpPart | None:
    """The packet that begins at `at`; None when its headers are cut short or contradict themselves."""
    return _ipv4(data, at) if data[at] >> 4 == 4 else _ipv6(data, at)


def _ipv4(data: bytes, at: int) -> IpPart | None:
    header = 4 * (data[at] & 0x0F)
    if header < 20 or len(data) < at + header:
        return None
    total = int.from_bytes(data[at + 2 : at + 4], "big")
    # Padding of short Ethernet frames lies behind the total length; zero means segmentation offload.
    body = data[at + header : at + total if total else None]
    missing = max(0, total - header - len(body))
    src, dst = data[at + 12 : at + 16], data[at + 16 : at + 20]
    cut = int.from_bytes(data[at + 6 : at + 8], "big")
    fragment = None
    if cut & 0x3FFF:
        key = src, dst, data[at + 4 : at + 6], data[at + 9 : at + 10]
        fragment = Fragment(key, (cut & 0x1FFF) * 8, bool(cut & 0x2000))
    return IpPart(src, dst, data[at + 9], body, missing, fragment)


def _ipv6(data: bytes, at: int) -> IpPart | None:
    if len(data) < at + 40:
        return None
    length, kind = int.from_bytes(data[at + 4 : at + 6], "big"), data[at + 6]
    end = at + 40 + length if length else len(data)
    src, dst = data[at + 8 : at + 24], data[at + 24 : at + 40]
    kind, place = skip_extensions(data, at + 40, kind)
    fragment = None
    if kind == FRAGMENT_HEADER and len(data) >= place + 8:
        cut = int.from_bytes(data[place + 2 : place + 4], "big")
        fragment = Fragment((src, dst, data[place + 4 : place + 8]), cut & 0xFFF8, bool(cut & 1))
        kind, place = data[place], place + 8
        if cut & 0xFFF9 == 0:  # an atomic fragment is the whole packet (RFC 6946)
            fragment = None
            kind, place = skip_extensions(data, place, kind)
    body = data[place:end]
    return IpPart(src, dst, kind, body, max(0, end - place - len(body)), fragment)


def skip_extensions(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """(header type, offset) of the first IPv6 header at or behind `at` that is no plain extension header."""
    while (kind in _EXTENSION_HEADERS or kind == _AUTHENTICATION) and len(data) >= at + 8:
        size = 4 * (data[at + 1] + 2) if kind == _AUTHENTICATION else 8 + 8 * data[at + 1]
        kind, at = data[at], at + size
    return kind, at

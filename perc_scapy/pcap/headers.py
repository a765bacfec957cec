# SPDX-License-Identifier: GPL-2.0-only
"""Synthetic IPv4, IPv6 and UDP headers around a datagram, with right checksums (RFC 791, 8200, 768)."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from perc_scapy.errors import EncodeError, LocalError

SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
"""What the `socket` module calls an address: (host, port) or (host, port, flow info, scope id)."""

UDP = 17
_TTL = 64
_DONT_FRAGMENT = 0x40
_IPV4 = struct.pack("!BBHHBBBBH", 0x45, 0, 0, 0, _DONT_FRAGMENT, 0, _TTL, UDP, 0)
_IPV6 = struct.pack("!IHBB", 6 << 28, 0, UDP, _TTL)


def ip_udp(src: SocketAddress, dst: SocketAddress, payload: bytes) -> bytes:
    """The IP packet that would carry `payload` from `src` to `dst`.

    Raises `LocalError` for a host that is no numeric address and `EncodeError` for a payload that UDP cannot hold.
    """
    source, target = _same_family(_host(src[0]), _host(dst[0]))
    if source.version == 4:
        return ipv4_udp(_IPV4 + source.packed + target.packed, src[1], dst[1], payload)
    return ipv6_udp(_IPV6 + source.packed + target.packed, src[1], dst[1], payload)


def ipv4_udp(header: bytes, source_port: int, target_port: int, payload: bytes) -> bytes:
    """An IPv4 packet like the one with this header (20 octets at least), without options and in one piece.

    Type of service, identification, don't-fragment, time to live and addresses stay. Raises `EncodeError`.
    """
    source, target = header[12:16], header[16:20]
    udp = _udp(source, target, source_port, target_port, payload)
    if len(udp) > 65535 - 20:
        raise EncodeError(f"UDP: {len(payload)} octets do not fit into one datagram")
    front = b"\x45" + header[1:2] + (20 + len(udp)).to_bytes(2, "big") + header[4:6]
    front += bytes((header[6] & _DONT_FRAGMENT, 0, header[8], UDP))
    checksum = internet_checksum(front + b"\0\0" + source + target)
    return front + struct.pack("!H", checksum) + source + target + udp


def ipv6_udp(header: bytes, source_port: int, target_port: int, payload: bytes) -> bytes:
    """An IPv6 packet like the one with this header (40 octets at least), without extension headers.

    Traffic class, flow label, hop limit and addresses stay. Raises `EncodeError`.
    """
    source, target = header[8:24], header[24:40]
    udp = _udp(source, target, source_port, target_port, payload)
    if len(udp) > 65535:
        raise EncodeError(f"UDP: {len(payload)} octets do not fit into one datagram")
    front = header[:4] + struct.pack("!HBB", len(udp), UDP, header[7])
    return front + source + target + udp


def internet_checksum(data: bytes) -> int:
    """One's complement checksum (RFC 1071) as the 16-bit number to put into a header."""
    # A number modulo 65535 is the end-around-carry sum of its 16-bit digits, and far faster than a loop.
    total = int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xFFFF
    return 0xFFFF - (total or 0xFFFF)


def _host(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        raise LocalError(f"not a numeric IP address: {text!r}") from None


def _same_family(
    source: IPv4Address | IPv6Address, target: IPv4Address | IPv6Address
) -> tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]:
    if source.version == target.version:
        return source, target
    return _mapped(source), _mapped(target)


def _mapped(address: IPv4Address | IPv6Address) -> IPv6Address:
    if isinstance(address, IPv6Address):
        return address
    return IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)


def _udp(source: bytes, target: bytes, source_port: int, target_port: int, payload: bytes) -> bytes:
    length = 8 + len(payload)
    ports = struct.pack("!HHH", source_port, target_port, length & 0xFFFF)
    pseudo = source + target + struct.pack("!II", length, UDP)
    # Zero means "no checksum", so a computed zero is sent as all ones (RFC 768).
    checksum = internet_checksum(pseudo + ports + b"\0\0" + payload) or 0xFFFF
    return ports + struct.pack("!H", checksum) + payload

# SPDX-License-Identifier: GPL-2.0-only
"""Addresses in the place of others: numbered in the order of their first use, each class by itself.

| what | becomes |
|---|---|
| loopback, unspecified, multicast groups with a name, 255.255.255.255 | itself |
| 10/8, 172.16/12, 192.168/16, 169.254/16, 100.64/10 | one of the same range |
| other IPv4 multicast | 239.255.0.0/16 |
| any other IPv4 | 198.18.0.0/15 (RFC 2544: for measurements) |
| fe80::/10, fc00::/7, other multicast | fe80::, fd00::, ff15:: |
| IPv4 inside IPv6 (::ffff:0:0/96, 64:ff9b::/96) | the same prefix, the IPv4 address as above |
| any other IPv6 | 2001:db8::/32 (RFC 3849) |
| MAC | 02:00:00:…, locally administered; broadcast and groups of IPv4 stay, those of IPv6 follow their address |
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

_KEPT: list[Network] = [
    *map(IPv4Network, ("127.0.0.0/8", "0.0.0.0/32", "255.255.255.255/32", "224.0.0.0/24")),
    *map(IPv6Network, ("::/127", "ff00::/108", "ff01::/108", "ff02::/108", "ff05::/108")),
]
"""ff02::/108: the groups with small numbers (all nodes, all routers, mDNS …)."""
_RANGES: list[tuple[Network, Network]] = [
    *((IPv4Network(n), IPv4Network(n)) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                                 "169.254.0.0/16", "100.64.0.0/10")),
    (IPv4Network("224.0.0.0/4"), IPv4Network("239.255.0.0/16")),
    (IPv6Network("fe80::/10"), IPv6Network("fe80::/64")),
    (IPv6Network("fc00::/7"), IPv6Network("fd00::/64")),
    (IPv6Network("ff00::/8"), IPv6Network("ff15::/64")),
]  # fmt: skip
_REST: dict[int, Network] = {
    4: IPv4Network("198.18.0.0/15"),
    6: IPv6Network("2001:db8::/64"),
}
_WITH_IPV4: list[Network] = [IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")]
_BROADCAST, _NOTHING = b"\xff" * 6, bytes(6)
_V4_GROUP, _V6_GROUP = b"\x01\x00\x5e", b"\x33\x33"


def _in(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    """Python says no across versions."""
    return any(address in network for network in networks)


class Addresses:
    """One mapping for all of a capture; packed addresses in and out."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._used: dict[Network, int] = {}
        self._macs: dict[bytes, bytes] = {}
        self.taken: set[bytes] = set()
        """Addresses of the capture itself: none of them becomes the stand-in of another."""

    def __len__(self) -> int:
        return len(self._known)

    def ip(self, packed: bytes) -> bytes:
        """For 4 or 16 octets."""
        known = self._known.get(packed)
        if known is None:
            known = self._known[packed] = self._new(packed)
        return known

    def host(self, text: str) -> str:
        """For a numeric address as text."""
        return str(ip_address(self.ip(ip_address(text).packed)))

    def _new(self, packed: bytes) -> bytes:
        address = ip_address(packed)
        if _in(address, _KEPT):
            return packed
        if _in(address, _WITH_IPV4):
            return packed[:12] + self.ip(packed[12:])
        target = next((new for old, new in _RANGES if _in(address, (old,))), _REST[address.version])
        size, base = target.num_addresses - 2, int(target.network_address) + 1
        for _ in range(len(self.taken) + 1):
            # A range that is full begins again: two addresses may then share a stand-in.
            number = self._used[target] = self._used.get(target, -1) + 1
            found = (base + number % size).to_bytes(len(packed), "big")
            if found not in self.taken:
                break
        return found

    def replaced(self) -> list[tuple[str, str]]:
        """(address, its stand-in), as text, of every IP and hardware address that was replaced."""
        ips = [(str(ip_address(old)), str(ip_address(new))) for old, new in self._known.items()]
        macs = [(old.hex(":"), new.hex(":")) for old, new in self._macs.items()]
        return [pair for pair in ips + macs if pair[0] != pair[1]]

    def mac(self, address: bytes) -> bytes:
        """For 6 octets."""
        if address in (_BROADCAST, _NOTHING) or address[:3] == _V4_GROUP:
            return address
        if address[:2] == _V6_GROUP and address[2:5] == bytes(3):
            return address
        known = self._macs.get(address)
        if known is None:
            number = (len(self._macs) + 1).to_bytes(4, "big")
            group = address[:2] == _V6_GROUP or address[0] & 1
            known = self._macs[address] = (b"\x33\x33" if group else b"\x02\x00") + number
        return known

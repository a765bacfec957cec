# SPDX-License-Identifier: GPL-2.0-only
"""What STUN checks tell of who belongs together: the user names of ICE (RFC 8445 section 7.2.2, RFC 8489 section 5)."""

from __future__ import annotations

from perc_scapy.pcap.packets import Address, Datagram

MAGIC_COOKIE = b"\x21\x12\xa4\x42"
HEADER = 20
USERNAME = 0x0006
MAX_FLOWS = 4096
MAX_NAMES = 8
"""User names kept of one flow."""


def username(message: bytes) -> bytes:
    """The USERNAME attribute of a STUN message; empty when there is none."""
    if len(message) < HEADER or message[4:8] != MAGIC_COOKIE:
        return b""
    at = HEADER
    while at + 4 <= len(message):
        kind, length = int.from_bytes(message[at : at + 2], "big"), message[at + 2 : at + 4]
        size = int.from_bytes(length, "big")
        if kind == USERNAME:
            return message[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return b""


class IceNames:
    """Which pairs of addresses belong to one ICE session: the same two name fragments on both, in either order."""

    def __init__(self) -> None:
        self._names: dict[frozenset[Address], list[frozenset[bytes]]] = {}

    def add(self, datagram: Datagram) -> None:
        """Take a STUN datagram."""
        pair = frozenset(username(datagram.data).split(b":", 1))
        if len(pair) != 2:
            return
        known = self._names.get(datagram.flow)
        if known is None:
            if len(self._names) >= MAX_FLOWS:
                del self._names[next(iter(self._names))]
            known = self._names[datagram.flow] = []
        if pair not in known and len(known) < MAX_NAMES:
            known.append(pair)

    def same(self, one: frozenset[Address], other: frozenset[Address]) -> bool:
        """Whether both carried checks of one session."""
        ours = self._names.get(one)
        return ours is not None and not set(ours).isdisjoint(self._names.get(other, ()))

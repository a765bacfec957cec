# SPDX-License-Identifier: GPL-2.0-only
"""A TCP connection as a capture shows it: handshake, segments of both directions, the end."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from perc_scapy.pcap.headers import internet_checksum

FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
SEGMENT = 1448
"""Octets of data in the longest segment."""
Socket = tuple[str, int]


class Connection:
    """Give it writes in the order of time; `frames` are (nanoseconds, IP packet). The client's side is `client`."""

    def __init__(self, client: Socket, server: Socket, time_ns: int) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self._ends = client, server
        self._next = [1000, 500_000]
        self._now = time_ns
        for side, flags in ((0, SYN), (1, SYN | ACK)):
            self._emit(side, flags, b"")
            self._next[side] += 1
        self._emit(0, ACK, b"")

    def write(self, side: int, data: bytes, time_ns: int) -> None:
        """Octets of one end (0 the client, 1 the server), in as many segments as they need."""
        self._now = max(self._now + 1000, time_ns)
        for at in range(0, len(data), SEGMENT):
            part = data[at : at + SEGMENT]
            self._emit(side, PSH | ACK, part)
            self._next[side] += len(part)

    def repeat_last(self) -> None:
        """A retransmission."""
        self._now += 200_000
        self.frames.append((self._now, self.frames[-1][1]))

    def swap_last(self) -> None:
        """The last two segments arrive in the other order."""
        (early, one), (late, two) = self.frames[-2:]
        self.frames[-2:] = [(early, two), (late, one)]

    def close(self, time_ns: int) -> None:
        """Both say FIN."""
        self._now = max(self._now + 1000, time_ns)
        for side in (0, 1):
            self._emit(side, FIN | ACK, b"")
            self._next[side] += 1
        self._emit(0, ACK, b"")

    def _emit(self, side: int, flags: int, data: bytes) -> None:
        self._now += 10_000
        ack = self._next[1 - side] if flags & ACK else 0
        ends = self._ends if side == 0 else self._ends[::-1]
        self.frames.append((self._now, ip_tcp(*ends, self._next[side], ack, flags, data)))


def ip_tcp(src: Socket, dst: Socket, seq: int, ack: int, flags: int, data: bytes) -> bytes:
    """An IPv4 packet with one TCP segment, checksums right (RFC 791, RFC 9293)."""
    source, target = (ip_address(end[0]).packed for end in (src, dst))
    ports = struct.pack("!HHIIBBH", src[1], dst[1], seq, ack, 5 << 4, flags, 64240)
    pseudo = source + target + struct.pack("!BBH", 0, 6, 20 + len(data))
    checksum = internet_checksum(pseudo + ports + b"\0\0\0\0" + data)
    tcp = ports + struct.pack("!HH", checksum, 0) + data
    front = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6)
    front += struct.pack("!H", internet_checksum(front + b"\0\0" + source + target))
    return front + source + target + tcp

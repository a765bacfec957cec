# SPDX-License-Identifier: GPL-2.0-only
"""A UDP socket that is read until it is empty and never blocks; what it cannot send is counted, as a network would.

asyncio's datagram protocol costs five times as much a packet, so the loop only says when there is something to read.
"""

from __future__ import annotations

import errno
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol

from perc_scapy.errors import MissingToolError
from perc_scapy.net.address import Address, resolve, show

SockAddr = tuple[Any, ...]
"""What the `socket` module calls an address."""
BURST = 256
"""Datagrams read before timers and other sockets have their turn."""
_BUFFER = 4 << 20
_LOCALS = 1024
_WHY = {
    errno.EADDRINUSE: "is in use; choose another port, 0 for any, or end the program that has it",
    errno.EADDRNOTAVAIL: "is no address of this machine",
    errno.EACCES: "needs more rights: ports below 1024 are reserved",
}


class Tap(Protocol):
    """Where a process records its datagrams (`perc_scapy.pcap.tap.Tap`)."""

    def datagram(self, time: float, src: SockAddr, dst: SockAddr, data: bytes) -> None: ...


class UdpSocket:
    """Bound at once; `MissingToolError` when that fails. With `peer` only that address is heard and sent to."""

    def __init__(
        self,
        local: Address | None = None,
        *,
        peer: Address | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.counters: Counter[str] = Counter()
        """`not_sent`: datagrams the system refused · `unreachable`: the other port was closed."""
        self._tap = tap
        self._locals: dict[SockAddr, SockAddr] = {}
        self._socket, self.peer = _open(local, peer)
        self.address: SockAddr = self._socket.getsockname()
        self._wildcard = peer is None and self.address[0] in ("0.0.0.0", "::")  # noqa: S104

    def __str__(self) -> str:
        return show(self.address)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def received(self) -> Iterator[tuple[bytes, SockAddr]]:
        """What has arrived, at most `BURST` datagrams. `MissingToolError` when the socket has nothing but errors.

        An ICMP answer is an error once and then gone; one that stays would keep the loop busy for ever.
        """
        errors = 0
        for _ in range(BURST):
            try:
                data, addr = self._socket.recvfrom(65535)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP answer to something sent: the other port is closed
                self.counters["unreachable"] += 1
                errors += 1
                if errors == BURST:
                    raise MissingToolError(f"UDP {self}: {error.strerror or error}") from None
                continue
            if self._tap is not None:
                self._tap.datagram(time.time(), addr, self._local_for(addr), data)
            yield data, addr

    def send(self, data: bytes, addr: Any) -> None:
        """One datagram, now or never."""
        try:
            try:
                self._transmit(data, addr)
            except ConnectionRefusedError:
                # An ICMP answer to an earlier datagram is reported instead of sending this one.
                self.counters["unreachable"] += 1
                self._transmit(data, addr)
        except OSError:  # buffer full, no route, too long: UDP may lose
            self.counters["not_sent"] += 1
            return
        if self._tap is not None:
            self._tap.datagram(time.time(), self._local_for(addr), addr, data)

    def _transmit(self, data: bytes, addr: Any) -> None:
        if self.peer is not None:
            self._socket.send(data)
        else:
            self._socket.sendto(data, addr)

    def _local_for(self, addr: SockAddr) -> SockAddr:
        """The own address as `addr` sees it; a socket bound to all addresses asks the routing table."""
        if not self._wildcard:
            return self.address
        if addr not in self._locals:
            if len(self._locals) >= _LOCALS:
                self._locals.clear()
            self._locals[addr] = (_route(self._socket.family, addr), *self.address[1:])
        return self._locals[addr]


def _route(family: int, addr: SockAddr) -> str:
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(addr)
        return str(probe.getsockname()[0])
    return "0.0.0.0" if family == socket.AF_INET else "::"  # noqa: S104


def _open(local: Address | None, peer: Address | None) -> tuple[socket.socket, SockAddr | None]:
    place = local or peer
    assert place is not None
    family, sockaddr = resolve(place)
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        for direction in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            opened.setsockopt(socket.SOL_SOCKET, direction, _BUFFER)
        if local is not None:
            opened.bind(sockaddr)
        remote = None if peer is None else resolve(peer)[1]
        if remote is not None:
            opened.connect(remote)
            remote = opened.getpeername()
    except OSError as error:
        opened.close()
        why = _WHY.get(error.errno or 0, error.strerror)
        raise MissingToolError(f"UDP {place} {why}") from None
    return opened, remote

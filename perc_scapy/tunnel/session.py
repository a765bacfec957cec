# SPDX-License-Identifier: GPL-2.0-only
"""`Session`: a link with its name, its queue of records and its deadline; what listener and dialer have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from perc_scapy.dtls.events import ApplicationDataReceived, ConnectionClosed, HandshakeCompleted
from perc_scapy.errors import LocalError
from perc_scapy.tunnel.carrier_events import (
    CarrierEvent,
    TunnelClosed,
    TunnelFailed,
    TunnelOpened,
    TunnelRecord,
)
from perc_scapy.tunnel.links import Link


class Session:
    """A link from its first datagram to its end. Reports `TunnelOpened` … `TunnelClosed`, or `TunnelFailed`, once."""

    __slots__ = ("_link", "_queue", "addr", "deadline", "ended", "hello", "opened", "tunnel_id")

    def __init__(
        self,
        tunnel_id: Hashable,
        link: Link,
        addr: Hashable,
        deadline: float,
        hello: bytes | None = None,
    ) -> None:
        self.tunnel_id = tunnel_id
        self.addr = addr
        self.hello = hello
        """client_random of the ClientHello that it answers; None at the end that dialled."""
        self.deadline = deadline
        """When an unfinished handshake is given up."""
        self.opened = False
        self.ended = False
        self._link = link
        self._queue: deque[bytes] = deque()

    def receive(self, data: bytes, now: float) -> None:
        """Feed one datagram."""
        if not self.ended:
            self._link.receive_datagram(data, now)

    def queue(self, record: bytes) -> bool:
        """Take a record for sending; False when the tunnel is not open."""
        if self.opened and not self.ended:
            self._queue.append(record)
            return True
        return False

    def datagrams(self, now: float) -> list[bytes]:
        """What the link wants sent; each record goes through alone, so that no two share a datagram (AMB-06)."""
        out = list(self._link.datagrams_to_send(now))
        while self._queue:
            try:
                self._link.send_application(self._queue.popleft())
            except LocalError:  # the link ended, or would not carry it: the inner DTLS retransmits
                continue
            out += self._link.datagrams_to_send(now)
        return out

    def events(self, now: float) -> list[CarrierEvent]:
        """Translate what the link reports."""
        found: list[CarrierEvent] = []
        while not self.ended and (event := self._link.next_event()) is not None:
            if isinstance(event, HandshakeCompleted):
                found += self._open(event.peer_fingerprint, now)
            elif isinstance(event, ApplicationDataReceived) and self.opened:
                found.append(TunnelRecord(self.tunnel_id, event.data))
            elif isinstance(event, ConnectionClosed):
                found.append(self._end(event.reason))
        return found

    def _open(self, fingerprint: str | None, now: float) -> list[CarrierEvent]:
        if fingerprint is None:  # a link that let an anonymous peer in is not trusted
            return self.close(now, "peer without certificate")
        self.opened = True
        return [TunnelOpened(self.tunnel_id, fingerprint)]

    def timer(self) -> float | None:
        """When `handle_timer` has something to do."""
        timer = self._link.get_timer()
        if self.opened:
            return timer
        return self.deadline if timer is None else min(timer, self.deadline)

    def handle_timer(self, now: float) -> list[CarrierEvent]:
        """Retransmit, or give an unfinished handshake up."""
        if self.ended:
            return []
        if not self.opened and now >= self.deadline:
            return self.close(now, "handshake timed out")
        self._link.handle_timer(now)
        return []

    def close(self, now: float, reason: str) -> list[CarrierEvent]:
        """End with close_notify; the datagrams that say so are still to be fetched."""
        if self.ended:
            return []
        self._link.close(now)
        return [self._end(reason)]

    def abandon(self, reason: str) -> list[CarrierEvent]:
        """End without a word to the peer."""
        return [] if self.ended else [self._end(reason)]

    def _end(self, reason: str) -> CarrierEvent:
        self.ended = True
        kind = TunnelClosed if self.opened else TunnelFailed
        return kind(self.tunnel_id, reason)

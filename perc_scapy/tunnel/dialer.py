# SPDX-License-Identifier: GPL-2.0-only
"""The MDD's side: one tunnel to one KMF, dialled again with growing pauses whenever it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from perc_scapy.tunnel.carrier_events import (
    CarrierEvent,
    TunnelClosed,
    TunnelFailed,
    TunnelOpened,
)
from perc_scapy.tunnel.links import ClientLink
from perc_scapy.tunnel.session import Session

STABLE = 10.0
"""Seconds that a tunnel must have stood before its loss is answered with the shortest pause again."""


class TunnelDialer:
    """Keeps one tunnel open. `start` dials at once; call it in advance or when the first endpoint shows up."""

    def __init__(
        self,
        tunnel_id: Hashable,
        make_link: Callable[[], ClientLink],
        addr: Hashable,
        *,
        first_pause: float = 1.0,
        longest_pause: float = 60.0,
        handshake_timeout: float = 30.0,
    ) -> None:
        self.tunnel_id = tunnel_id
        self._make_link = make_link
        self._addr = addr
        self._pauses = first_pause, longest_pause
        self._pause = first_pause
        self._handshake_timeout = handshake_timeout
        self._session: Session | None = None
        self._redial_at: float | None = None
        self._opened_at = 0.0
        self._events: deque[CarrierEvent] = deque()
        self._out: list[tuple[bytes, Hashable]] = []

    @property
    def opened(self) -> bool:
        """Whether records can be sent now."""
        return self._session is not None and self._session.opened

    def start(self, now: float) -> None:
        """Dial, unless a tunnel stands or is being made."""
        if self._session is not None:
            return
        self._redial_at = None
        link = self._make_link()
        deadline = now + self._handshake_timeout
        self._session = Session(self.tunnel_id, link, self._addr, deadline)
        link.start(now)
        self._drain(now)

    # -- verbs

    def receive_datagram(self, data: bytes, addr: Hashable, now: float) -> None:
        """One UDP payload; those of another address have no effect."""
        if self._session is not None and addr == self._addr:
            self._session.receive(data, now)
            self._drain(now)

    def next_event(self) -> CarrierEvent | None:
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Hashable]]:
        self._drain(now)
        out, self._out = self._out, []
        return out

    def get_timer(self) -> float | None:
        return self._redial_at if self._session is None else self._session.timer()

    def handle_timer(self, now: float) -> None:
        if self._session is not None:
            self._note(self._session.handle_timer(now), now)
            self._drain(now)
        elif self._redial_at is not None and now >= self._redial_at:
            self.start(now)

    # -- the tunnel

    def send(self, tunnel_id: Hashable, record: bytes) -> None:
        """Queue one record; without an open tunnel it is dropped, the inner DTLS retransmits (T00-TUN-08)."""
        if self._session is not None and tunnel_id == self.tunnel_id:
            self._session.queue(record)

    def close_tunnel(self, tunnel_id: Hashable, now: float, *, redial: bool = False) -> None:
        """End with close_notify, for good unless `redial`."""
        if tunnel_id != self.tunnel_id:
            return
        if self._session is not None:
            self._note(self._session.close(now, "closed here"), now)
            self._drain(now)
        if not redial:
            self._redial_at = None

    # -- inside

    def _drain(self, now: float) -> None:
        session = self._session
        if session is None:
            return
        self._note(session.events(now), now)
        self._out += [(datagram, self._addr) for datagram in session.datagrams(now)]
        if session.ended:
            self._session = None

    def _note(self, events: list[CarrierEvent], now: float) -> None:
        for event in events:
            self._events.append(event)
            if isinstance(event, TunnelOpened):
                self._opened_at = now
            elif isinstance(event, TunnelClosed | TunnelFailed):
                self._plan_redial(isinstance(event, TunnelClosed), now)

    def _plan_redial(self, was_open: bool, now: float) -> None:
        first, longest = self._pauses
        if was_open and now - self._opened_at >= STABLE:
            self._pause = first
        self._redial_at = now + self._pause
        self._pause = min(2 * self._pause, longest)

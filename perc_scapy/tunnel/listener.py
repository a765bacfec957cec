# SPDX-License-Identifier: GPL-2.0-only
"""The KMF's side: any number of tunnels on one address; nothing is kept for an address before its cookie came back."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable

from perc_scapy.tunnel.carrier_events import CarrierEvent, TunnelId, TunnelOpened
from perc_scapy.tunnel.links import Acceptor, client_hello_random
from perc_scapy.tunnel.session import Session


class TunnelListener:
    """Accepts tunnels; never opens one (T00-KMF-02). Refused datagrams are counted in `counters`."""

    def __init__(
        self,
        acceptor: Acceptor,
        *,
        max_tunnels: int = 256,
        max_half_open: int = 64,
        handshake_timeout: float = 30.0,
    ) -> None:
        self.counters: Counter[str] = Counter()
        """`no_hello` first datagrams that led to nothing · `tunnel_cap` beyond a limit · `half_open_cap` handshakes
        that made room · `not_open` records for a tunnel that is not there."""
        self._acceptor = acceptor
        self._max_tunnels, self._max_half_open = max_tunnels, max_half_open
        self._handshake_timeout = handshake_timeout
        self._by_addr: dict[Hashable, list[Session]] = {}
        self._by_id: dict[Hashable, Session] = {}
        self._serial = 0
        self._events: deque[CarrierEvent] = deque()
        self._out: list[tuple[bytes, Hashable]] = []

    # -- verbs

    def receive_datagram(self, data: bytes, addr: Hashable, now: float) -> None:
        """One UDP payload. Foreign and malformed ones have no effect."""
        hello, sessions = client_hello_random(data), self._by_addr.get(addr, ())
        # A ClientHello belongs to its handshake; anything else may be a repeat of the older one's last flight.
        addressed = [s for s in sessions if hello is None or s.hello == hello]
        if not addressed:
            # RFC 6347 4.2.8: a peer that restarted is heard, the old tunnel stays until the new one stands.
            self._offer(data, hello, addr, now)
        for session in addressed:
            session.receive(data, now)
            self._drain(session, now)

    def next_event(self) -> CarrierEvent | None:
        return self._events.popleft() if self._events else None

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Hashable]]:
        for session in tuple(self._by_id.values()):
            self._drain(session, now)
        out, self._out = self._out, []
        return out

    def get_timer(self) -> float | None:
        timers = [t for s in self._by_id.values() if (t := s.timer()) is not None]
        return min(timers, default=None)

    def handle_timer(self, now: float) -> None:
        for session in tuple(self._by_id.values()):
            timer = session.timer()
            if timer is not None and timer <= now:
                self._events += session.handle_timer(now)
                self._drain(session, now)

    # -- tunnels

    def send(self, tunnel_id: Hashable, record: bytes) -> None:
        """Queue one record; dropped and counted when the tunnel is not open."""
        session = self._by_id.get(tunnel_id)
        if session is None or not session.queue(record):
            self.counters["not_open"] += 1

    def close_tunnel(self, tunnel_id: Hashable, now: float) -> None:
        """End one tunnel with close_notify; unknown ids have no effect."""
        session = self._by_id.get(tunnel_id)
        if session is not None:
            self._events += session.close(now, "closed here")
            self._drain(session, now)

    def close(self, now: float) -> None:
        """End all."""
        for tunnel_id in tuple(self._by_id):
            self.close_tunnel(tunnel_id, now)

    # -- inside

    def _offer(self, data: bytes, hello: bytes | None, addr: Hashable, now: float) -> None:
        replies, link = self._acceptor.accept(data, addr, now)
        self._out += [(reply, addr) for reply in replies]
        if link is None:
            self.counters["no_hello"] += not replies
            return
        self._make_room(addr)
        if len(self._by_id) >= self._max_tunnels:
            self.counters["tunnel_cap"] += 1
            return
        self._serial += 1
        deadline = now + self._handshake_timeout
        session = Session(TunnelId(addr, self._serial), link, addr, deadline, hello)
        self._by_id[session.tunnel_id] = session
        self._by_addr.setdefault(addr, []).append(session)
        self._drain(session, now)

    def _make_room(self, addr: Hashable) -> None:
        """One unfinished handshake an address; the oldest of all ends, since refusing the newest would let whoever
        filled the list keep every MDD out."""
        for older in [s for s in self._by_addr.get(addr, ()) if not s.opened]:
            self._give_up(older, "replaced by a new handshake from the same address")
        half_open = [session for session in self._by_id.values() if not session.opened]
        if len(half_open) >= self._max_half_open:
            self.counters["half_open_cap"] += 1
            self._give_up(half_open[0], "made room for a newer handshake")

    def _give_up(self, session: Session, reason: str) -> None:
        self._events += session.abandon(reason)
        self._forget(session)

    def _drain(self, session: Session, now: float) -> None:
        found = session.events(now)
        if any(isinstance(event, TunnelOpened) for event in found):
            self._retire_older(session)
        self._events += found
        self._out += [(datagram, session.addr) for datagram in session.datagrams(now)]
        if session.ended:
            self._forget(session)

    def _retire_older(self, session: Session) -> None:
        for older in tuple(self._by_addr[session.addr]):
            if older is not session:
                self._give_up(older, "replaced by a new handshake from the same address")

    def _forget(self, session: Session) -> None:
        self._by_id.pop(session.tunnel_id, None)
        left = [other for other in self._by_addr.get(session.addr, ()) if other is not session]
        if left:
            self._by_addr[session.addr] = left
        else:
            self._by_addr.pop(session.addr, None)

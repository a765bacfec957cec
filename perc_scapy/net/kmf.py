# SPDX-License-Identifier: GPL-2.0-only
"""A KMF process: one UDP port for tunnels, the role behind it. It has no code that opens a connection (T00-KMF-02)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from perc_scapy.dtls.flight import earliest
from perc_scapy.net.config import KmfSettings
from perc_scapy.net.driver import Driver
from perc_scapy.net.openssl_accept import OpensslAcceptor
from perc_scapy.net.openssl_link import RefusedCertificate
from perc_scapy.net.report import Reporter
from perc_scapy.net.udp import Tap, UdpSocket
from perc_scapy.roles.kmf.role import Kmf
from perc_scapy.roles.tunnels import CloseTunnel
from perc_scapy.tunnel.carrier import (
    TunnelClosed,
    TunnelFailed,
    TunnelListener,
    TunnelOpened,
    TunnelRecord,
)


class KmfProcess:
    """A `Shell`. `keylog` takes the secrets of tunnels and of endpoint associations."""

    def __init__(
        self,
        settings: KmfSettings,
        reporter: Reporter,
        *,
        keylog: Callable[[str], None] | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._settings, self._reporter, self._tap = settings, reporter, tap
        conferences = settings.role.conferences
        self._names = {conference.id: conference.name for conference in conferences}
        mdds = frozenset[str]().union(*(conference.mdds for conference in conferences))
        acceptor = OpensslAcceptor(
            settings.role.identity, mdds.__contains__, random=os.urandom, keylog=keylog
        )
        self.listener = TunnelListener(acceptor)
        self.kmf = Kmf(settings.role, random=os.urandom, keylog=keylog)

    def start(self, driver: Driver, now: float) -> None:
        self.socket = UdpSocket(self._settings.listen, tap=self._tap)
        driver.listen(self.socket, self.listener.receive_datagram)
        fingerprint = self._settings.role.identity.fingerprint
        self._reporter.event("ready", listen=[str(self.socket)], fingerprint=fingerprint)

    def step(self, now: float) -> float | None:
        self.listener.handle_timer(now)
        self.kmf.handle_timer(now)
        self._exchange(now)
        return earliest(self.listener.get_timer(), self.kmf.get_timer())

    def finish(self, now: float) -> None:
        """End all tunnels with close_notify; members keep their keys until their MDD says otherwise."""
        self.listener.close(now)
        self._exchange(now)
        counters = {"kmf": self.kmf.counters, "tunnels": +self.listener.counters,
                    "socket": self.socket.counters}  # fmt: skip
        self._reporter.event("end", counters=counters)

    def _exchange(self, now: float) -> None:
        """Between carrier, role and socket until nothing moves."""
        moved = True
        while moved:
            moved = False
            while (event := self.listener.next_event()) is not None:
                self._carried(event, now)
                moved = True
            while (happened := self.kmf.next_event()) is not None:
                self._happened(happened, now)
                moved = True
            for tunnel_id, record in self.kmf.tunnel_data_to_send():
                self.listener.send(tunnel_id, record)
            for data, addr in self.listener.datagrams_to_send(now):
                self.socket.send(data, addr)
                moved = True

    def _carried(self, event: Any, now: float) -> None:
        match event:
            case TunnelRecord(tunnel_id, data):
                return self.kmf.receive_tunnel(tunnel_id, data, now)
            case TunnelOpened(tunnel_id, fingerprint):
                self.kmf.tunnel_opened(tunnel_id, fingerprint, now)
            case TunnelClosed(tunnel_id, reason):
                self.kmf.tunnel_closed(tunnel_id, reason, now)
            case TunnelFailed(_, RefusedCertificate() as refused):
                return self._refused(event, refused)
        return self._reporter.dataclass(event)

    def _refused(self, event: TunnelFailed, refused: RefusedCertificate) -> None:
        """Whoever runs the KMF reads here which certificate to list."""
        if not refused.by_date:
            reason = f"MDD certificate {refused.fingerprint} is in no conference's mdds"
            event = replace(event, reason=reason)
        self._reporter.dataclass(event, peer_fingerprint=refused.fingerprint)

    def _happened(self, event: Any, now: float) -> None:
        if isinstance(event, CloseTunnel):
            self.listener.close_tunnel(event.tunnel_id, now)
        name = self._names.get(getattr(event, "conference_id", b""))
        more = {} if name is None else {"conference": name}
        self._reporter.dataclass(event, **more)

# SPDX-License-Identifier: GPL-2.0-only
"""An MDD process: a UDP port for each conference, a tunnel (with a port of its own) for each name of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

from perc_scapy.dtls.flight import earliest
from perc_scapy.net.config import MddSettings, TunnelPlan
from perc_scapy.net.driver import Driver
from perc_scapy.net.openssl import OpensslContext
from perc_scapy.net.openssl_link import RefusedCertificate
from perc_scapy.net.report import Reporter
from perc_scapy.net.udp import SockAddr, Tap, UdpSocket
from perc_scapy.roles.mdd.events import Path, TunnelWanted
from perc_scapy.roles.mdd.role import Mdd
from perc_scapy.roles.tunnels import CloseTunnel
from perc_scapy.tunnel.carrier import (
    TunnelClosed,
    TunnelDialer,
    TunnelFailed,
    TunnelOpened,
    TunnelRecord,
)

HANDSHAKE_TIMEOUT = 5.0
"""A KMF that starts after the MDD is found within seconds, not when OpenSSL's doubling timer comes round."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
_REFUSED_US = tuple(
    f"alert {name}"
    for name in ("unknown ca", "bad certificate", "certificate unknown", "access denied")
)
"""How OpenSSL's reasons end when the other side does not accept a certificate."""


class _Tunnel:
    """A dialer with its socket."""

    def __init__(self, plan: TunnelPlan, context: OpensslContext, tap: Tap | None) -> None:
        self.plan = plan
        self.socket = UdpSocket(peer=plan.kmf, tap=tap)
        self.dialer = TunnelDialer(
            plan.name,
            context.client,
            self.socket.peer,
            first_pause=FIRST_PAUSE,
            longest_pause=LONGEST_PAUSE,
            handshake_timeout=HANDSHAKE_TIMEOUT,
        )

    def flush(self, now: float) -> None:
        for data, addr in self.dialer.datagrams_to_send(now):
            self.socket.send(data, addr)


class MddProcess:
    """A `Shell`. `keylog` takes the secrets of its tunnels only: it never sees any other."""

    def __init__(
        self,
        settings: MddSettings,
        reporter: Reporter,
        *,
        keylog: Callable[[str], None] | None = None,
        tap: Tap | None = None,
    ) -> None:
        self._settings, self._reporter = settings, reporter
        self._keylog, self._tap = keylog, tap
        self.mdd = Mdd(settings.role, random=os.urandom)
        self._sockets: dict[bytes, UdpSocket] = {}
        self._names = {conference.id: conference.name for conference in settings.role.conferences}
        self._tunnels: dict[Hashable, _Tunnel] = {}

    def start(self, driver: Driver, now: float) -> None:
        for conference, address in self._settings.listen.items():
            socket = self._sockets[conference] = UdpSocket(address, tap=self._tap)
            driver.listen(socket, self._media_receiver(conference))
        for plan in self._settings.tunnels:
            tunnel = self._tunnels[plan.name] = self._make_tunnel(plan)
            driver.listen(tunnel.socket, tunnel.dialer.receive_datagram)
            if not self._settings.dial_on_demand:
                tunnel.dialer.start(now)
        self._reporter.event(
            "ready",
            listen=[str(socket) for socket in self._sockets.values()],
            conferences={self._label(id_): str(socket) for id_, socket in self._sockets.items()},
            tunnels=[str(tunnel.socket) for tunnel in self._tunnels.values()],
            fingerprint=self._settings.identity.fingerprint,
        )

    def step(self, now: float) -> float | None:
        for tunnel in self._tunnels.values():
            tunnel.dialer.handle_timer(now)
        timer = self.mdd.get_timer()
        if timer is not None and timer <= now:
            self.mdd.handle_timer(now)
        self._exchange(now)
        timers = (tunnel.dialer.get_timer() for tunnel in self._tunnels.values())
        return earliest(self.mdd.get_timer(), *timers)

    def finish(self, now: float) -> None:
        """End the tunnels with close_notify."""
        for name, tunnel in self._tunnels.items():
            tunnel.dialer.close_tunnel(name, now)
        self._exchange(now)
        sockets = [*self._sockets.values(), *(tunnel.socket for tunnel in self._tunnels.values())]
        lost = sum((socket.counters for socket in sockets), start=type(self.mdd.counters)())
        self._reporter.event("end", counters={"mdd": self.mdd.counters, "socket": lost})

    def _make_tunnel(self, plan: TunnelPlan) -> _Tunnel:
        identity, expected = self._settings.identity, plan.kmf_fingerprint
        context = OpensslContext(identity, expected.__eq__, keylog=self._keylog)
        return _Tunnel(plan, context, self._tap)

    def _media_receiver(self, conference: bytes) -> Callable[[bytes, SockAddr, float], None]:
        def receive(data: bytes, addr: SockAddr, now: float) -> None:
            self.mdd.receive_datagram(data, Path(conference, addr), now)
            self._send_media(now)

        return receive

    def _send_media(self, now: float) -> bool:
        sent = self.mdd.datagrams_to_send(now)
        for data, path in sent:
            self._sockets[path.listener].send(data, path.remote)
        return bool(sent)

    def _exchange(self, now: float) -> None:
        """Between carriers, role and sockets until nothing moves."""
        moved = True
        while moved:
            moved = self._send_media(now)
            for tunnel in self._tunnels.values():
                while (event := tunnel.dialer.next_event()) is not None:
                    self._carried(event, now)
                    moved = True
            while (happened := self.mdd.next_event()) is not None:
                self._happened(happened, now)
                moved = True
            for tunnel_id, record in self.mdd.tunnel_data_to_send():
                self._tunnels[tunnel_id].dialer.send(tunnel_id, record)
            for tunnel in self._tunnels.values():
                tunnel.flush(now)

    def _carried(self, event: Any, now: float) -> None:
        match event:
            case TunnelRecord(tunnel_id, data):
                return self.mdd.receive_tunnel(tunnel_id, data, now)
            case TunnelOpened(tunnel_id, fingerprint):
                self.mdd.tunnel_opened(tunnel_id, fingerprint, now)
            case TunnelClosed(tunnel_id, reason):
                self.mdd.tunnel_closed(tunnel_id, reason, now)
            case TunnelFailed():
                return self._failed(event)
        return self._reporter.dataclass(event, kmf=self._kmf_of(event))

    def _failed(self, event: TunnelFailed) -> None:
        """Whoever runs the MDD reads here which of the two certificates is the wrong one."""
        reason, more = event.reason, {}
        if isinstance(reason, RefusedCertificate):
            more = {"peer_fingerprint": reason.fingerprint}
            if not reason.by_date:
                expected = self._tunnels[event.tunnel_id].plan.kmf_fingerprint
                reason = f"the KMF shows {reason.fingerprint}, expected {expected}"
        elif reason.endswith(_REFUSED_US):
            own = self._settings.identity.fingerprint
            reason = f"the KMF refused our certificate {own}; is it in its mdds? ({reason})"
        self._reporter.dataclass(replace(event, reason=reason), kmf=self._kmf_of(event), **more)

    def _kmf_of(self, event: Any) -> str:
        return str(self._tunnels[event.tunnel_id].plan.kmf)

    def _happened(self, event: Any, now: float) -> None:
        match event:
            case TunnelWanted(tunnel_id):
                self._tunnels[tunnel_id].dialer.start(now)
            case CloseTunnel(tunnel_id):
                self._tunnels[tunnel_id].dialer.close_tunnel(tunnel_id, now, redial=True)
        conference = getattr(event, "conference_id", None)
        more = {} if conference is None else {"conference": self._names.get(conference)}
        self._reporter.dataclass(event, **more)

    def _label(self, conference: bytes) -> str:
        return self._names[conference] or conference.hex()

# SPDX-License-Identifier: GPL-2.0-only
"""Roles as nodes of a simulated network: a KMF with its listener, an MDD with its dialers, endpoints that talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perc_scapy.dtls.flight import earliest
from perc_scapy.roles.endpoint.role import Endpoint
from perc_scapy.roles.kmf.role import Kmf
from perc_scapy.roles.mdd.events import Path, TunnelWanted
from perc_scapy.roles.mdd.role import Mdd
from perc_scapy.roles.tunnels import CloseTunnel
from perc_scapy.sim.network import Address
from perc_scapy.tunnel.carrier import (
    TunnelClosed,
    TunnelDialer,
    TunnelFailed,
    TunnelListener,
    TunnelOpened,
    TunnelRecord,
)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its time."""

    time: float
    event: Any


@dataclass(frozen=True, slots=True)
class Record:
    """One tunnel record in clear, as KMF or MDD wrote it."""

    time: float
    tunnel_id: Any
    sender: str
    data: bytes


RecordFilter = Callable[[Record], bytes | None]
"""What an untrue KMF or MDD would do to a record before it is sent: change it, or drop it with None."""


class _TunnelSide:
    """What the two ends of tunnels share: carrier events go to the role, records of the role to the carrier."""

    sender = ""

    def __init__(self, role: Kmf | Mdd) -> None:
        self._role = role
        self.happened: list[Happened] = []
        self.records: list[Record] = []
        """Sent ones."""
        self.filters: list[RecordFilter] = []

    def of(self, kind: type) -> list[Any]:
        """Events of one class."""
        return [item.event for item in self.happened if isinstance(item.event, kind)]

    def say(self, tunnel_id: Any, record: bytes) -> None:
        """Send any record through a tunnel, as an untrue end of it would; then `Network.touch` this node."""
        raise NotImplementedError

    def _take(self, event: Any, now: float) -> None:
        match event:
            case TunnelOpened():
                self._role.tunnel_opened(event.tunnel_id, event.peer_fingerprint, now)
            case TunnelRecord():
                self._role.receive_tunnel(event.tunnel_id, event.data, now)
                return
            case TunnelClosed() | TunnelFailed():
                self._role.tunnel_closed(event.tunnel_id, event.reason, now)
        self.happened.append(Happened(now, event))

    def _flush(self, now: float) -> list[Any]:
        """Send the role's records and note its events, which are returned; filters may look at the events."""
        found: list[Any] = []
        while (event := self._role.next_event()) is not None:
            found.append(event)
        self.happened += [Happened(now, event) for event in found]
        for tunnel_id, data in self._outgoing_records(now):
            self.say(tunnel_id, data)
        return found

    def _outgoing_records(self, now: float) -> list[tuple[Any, bytes]]:
        kept = []
        for tunnel_id, data in self._role.tunnel_data_to_send():
            record: Record | None = Record(now, tunnel_id, self.sender, data)
            for change in self.filters:
                changed = None if record is None else change(record)
                record = None if changed is None else Record(now, tunnel_id, self.sender, changed)
            if record is not None:
                self.records.append(record)
                kept.append((tunnel_id, record.data))
        return kept


class KmfNode(_TunnelSide):
    """A KMF at one address."""

    sender = "kmf"

    def __init__(self, kmf: Kmf, listener: TunnelListener, address: Address = "kmf") -> None:
        super().__init__(kmf)
        self.kmf, self.listener = kmf, listener
        self.addresses: tuple[Address, ...] = (address,)

    def receive(self, data: bytes, source: Address, at: Address, now: float) -> None:
        self.listener.receive_datagram(data, source, now)
        self._pump(now)

    def outgoing(self, now: float) -> list[tuple[bytes, Address, Address]]:
        self._pump(now)
        return [(data, self.addresses[0], to) for data, to in self.listener.datagrams_to_send(now)]

    def get_timer(self) -> float | None:
        return earliest(self.listener.get_timer(), self.kmf.get_timer())

    def handle_timer(self, now: float) -> None:
        self.listener.handle_timer(now)
        self.kmf.handle_timer(now)
        self._pump(now)

    def say(self, tunnel_id: Any, record: bytes) -> None:
        self.listener.send(tunnel_id, record)

    def _pump(self, now: float) -> None:
        while (event := self.listener.next_event()) is not None:
            self._take(event, now)
        for happened in self._flush(now):
            if isinstance(happened, CloseTunnel):
                self.listener.close_tunnel(happened.tunnel_id, now)


class MddNode(_TunnelSide):
    """An MDD: one listen address per conference, one socket per tunnel."""

    sender = "mdd"

    def __init__(
        self,
        mdd: Mdd,
        listeners: Mapping[Address, bytes],
        dialers: Mapping[Address, TunnelDialer],
    ) -> None:
        super().__init__(mdd)
        self.mdd = mdd
        self._rooms = dict(listeners)
        self._listen = {room: address for address, room in listeners.items()}
        self._dialers = dict(dialers)
        self.addresses: tuple[Address, ...] = (*listeners, *dialers)

    def start(self, now: float) -> None:
        """Dial all tunnels."""
        for dialer in self._dialers.values():
            dialer.start(now)

    def receive(self, data: bytes, source: Address, at: Address, now: float) -> None:
        if at in self._dialers:
            self._dialers[at].receive_datagram(data, source, now)
        else:
            self.mdd.receive_datagram(data, Path(self._rooms[at], source), now)
        self._pump(now)

    def outgoing(self, now: float) -> list[tuple[bytes, Address, Address]]:
        self._pump(now)
        out = [
            (data, self._listen[path.listener], path.remote)
            for data, path in self.mdd.datagrams_to_send(now)
        ]
        for address, dialer in self._dialers.items():
            out += [(data, address, to) for data, to in dialer.datagrams_to_send(now)]
        return out

    def get_timer(self) -> float | None:
        return earliest(self.mdd.get_timer(), *(d.get_timer() for d in self._dialers.values()))

    def handle_timer(self, now: float) -> None:
        for dialer in self._dialers.values():
            dialer.handle_timer(now)
        self.mdd.handle_timer(now)
        self._pump(now)

    def _pump(self, now: float) -> None:
        for dialer in self._dialers.values():
            while (event := dialer.next_event()) is not None:
                self._take(event, now)
        for happened in self._flush(now):
            self._obey(happened, now)

    def say(self, tunnel_id: Any, record: bytes) -> None:
        for dialer in self._dialers.values():
            dialer.send(tunnel_id, record)

    def _obey(self, event: Any, now: float) -> None:
        if not isinstance(event, CloseTunnel | TunnelWanted):
            return
        for dialer in self._dialers.values():
            if dialer.tunnel_id != event.tunnel_id:
                continue
            if isinstance(event, CloseTunnel):
                dialer.close_tunnel(event.tunnel_id, now, redial=True)
            else:
                dialer.start(now)


class EndpointNode:
    """An endpoint at one address, talking to one address of an MDD."""

    def __init__(self, name: str, endpoint: Endpoint, address: Address) -> None:
        self.name, self.endpoint = name, endpoint
        self.addresses: tuple[Address, ...] = (address,)
        self.happened: list[Happened] = []

    def of(self, kind: type) -> list[Any]:
        """Events of one class."""
        return [item.event for item in self.happened if isinstance(item.event, kind)]

    def when(self, kind: type) -> float | None:
        """Time of the first event of one class."""
        return next((item.time for item in self.happened if isinstance(item.event, kind)), None)

    def receive(self, data: bytes, source: Address, at: Address, now: float) -> None:
        self.endpoint.receive_datagram(data, source, now)
        self._collect(now)

    def outgoing(self, now: float) -> list[tuple[bytes, Address, Address]]:
        out = self.endpoint.datagrams_to_send(now)
        self._collect(now)
        return [(data, self.addresses[0], to) for data, to in out]

    def get_timer(self) -> float | None:
        return self.endpoint.get_timer()

    def handle_timer(self, now: float) -> None:
        self.endpoint.handle_timer(now)
        self._collect(now)

    def _collect(self, now: float) -> None:
        while (event := self.endpoint.next_event()) is not None:
            self.happened.append(Happened(now, event))

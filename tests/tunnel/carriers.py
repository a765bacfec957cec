# SPDX-License-Identifier: GPL-2.0-only
"""A listener and dialers joined by memory, with a tap on what crosses."""

from __future__ import annotations

import random as seeded
from collections.abc import Callable, Hashable

from perc_scapy.dtls import DtlsConfig, Identity
from perc_scapy.tunnel.carrier import (
    EngineAcceptor,
    TunnelDialer,
    TunnelListener,
    engine_client,
    only,
)

Random = Callable[[int], bytes]
KMF, MDD, STRANGER = (
    Identity.generate(name, random=seeded.Random(name).randbytes) for name in "kms"
)
AT = "kmf.example:1"


def config(
    identity: Identity | None, trusted: Identity, seed: int = 1, **more: object
) -> DtlsConfig:
    return DtlsConfig(
        identity,
        only({trusted.fingerprint}),
        random=seeded.Random(seed).randbytes,
        **more,  # type: ignore[arg-type]
    )


def listener(seed: int = 1, **more: object) -> TunnelListener:
    return TunnelListener(EngineAcceptor(config(KMF, MDD, seed)), **more)  # type: ignore[arg-type]


def dialer(
    identity: Identity | None = MDD,
    trusted: Identity = KMF,
    name: Hashable = "t",
    seed: int = 2,
    **more: object,
) -> TunnelDialer:
    return TunnelDialer(name, engine_client(config(identity, trusted, seed)), AT, **more)  # type: ignore[arg-type]


def events(carrier: TunnelListener | TunnelDialer) -> list[object]:
    found: list[object] = []
    while (event := carrier.next_event()) is not None:
        found.append(event)
    return found


def join(
    server: TunnelListener, clients: dict[Hashable, TunnelDialer], now: float = 0.0
) -> list[tuple[Hashable, bytes]]:
    """Carry datagrams until none is left. Returns (who sent it, datagram): "kmf" or the client's address."""
    log: list[tuple[Hashable, bytes]] = []
    moved = True
    while moved:
        moved = False
        for addr, client in clients.items():
            for data, to in client.datagrams_to_send(now):
                assert to == AT
                log.append((addr, data))
                server.receive_datagram(data, addr, now)
                moved = True
        for data, addr in server.datagrams_to_send(now):
            log.append(("kmf", data))
            if addr in clients:
                clients[addr].receive_datagram(data, AT, now)
            moved = True
    return log


def opened(server: TunnelListener | None = None) -> tuple[TunnelListener, TunnelDialer, Hashable]:
    """An open tunnel: (listener, dialer, the listener's tunnel id)."""
    server, client = server or listener(), dialer()
    client.start(0.0)
    join(server, {"mdd": client})
    events(client)
    return server, client, events(server)[0].tunnel_id  # type: ignore[attr-defined]

# SPDX-License-Identifier: GPL-2.0-only
"""Carriers of draft-00 tunnels, sans-IO: the KMF side listens, the MDD side dials (draft-jones-perc-dtls-tunnel-00 4).

Both speak in records: one tunnel message, one DTLS record, one UDP datagram (AMB-06).
"""

from __future__ import annotations

from perc_scapy.tunnel.carrier_events import (
    CarrierEvent,
    TunnelClosed,
    TunnelFailed,
    TunnelId,
    TunnelOpened,
    TunnelRecord,
)
from perc_scapy.tunnel.dialer import TunnelDialer
from perc_scapy.tunnel.links import (
    Acceptor,
    ClientLink,
    EngineAcceptor,
    Link,
    engine_client,
    only,
)
from perc_scapy.tunnel.listener import TunnelListener

__all__ = [
    "Acceptor",
    "CarrierEvent",
    "ClientLink",
    "EngineAcceptor",
    "Link",
    "TunnelClosed",
    "TunnelDialer",
    "TunnelFailed",
    "TunnelId",
    "TunnelListener",
    "TunnelOpened",
    "TunnelRecord",
    "engine_client",
    "only",
]

# SPDX-License-Identifier: BSD-3-Clause
"""A sans-IO DTLS 1.2 engine with EKT (RFC 6347, RFC 8870), client and server; no Scapy.

`config` what the owner decides · `identity` certificate and key · `client`, `server` the two state machines over
`connection` · `hello` negotiation · `codec`, `extensions` bytes of handshake messages · `record` epochs and replay ·
`fragments` reassembly · `flight` packing and timers · `ekt` delivery of EKT keys · `cookie` stateless proof of address.
Names below load their module on first use: who only reads records loads neither state machine nor certificates.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perc_scapy.dtls.client import DtlsClient
    from perc_scapy.dtls.config import DtlsConfig, PeerInfo
    from perc_scapy.dtls.cookie import CookieAccepted, CookieExchange, CookieReply
    from perc_scapy.dtls.events import (
        ApplicationDataReceived,
        ConnectionClosed,
        EktKeyAcknowledged,
        EktKeyReceived,
        EktKeyUndelivered,
        Event,
        HandshakeCompleted,
    )
    from perc_scapy.dtls.flight import Datagram
    from perc_scapy.dtls.identity import Identity
    from perc_scapy.dtls.server import DtlsServer

_HOME = {
    "ApplicationDataReceived": "events",
    "ConnectionClosed": "events",
    "CookieAccepted": "cookie",
    "CookieExchange": "cookie",
    "CookieReply": "cookie",
    "Datagram": "flight",
    "DtlsClient": "client",
    "DtlsConfig": "config",
    "DtlsServer": "server",
    "EktKeyAcknowledged": "events",
    "EktKeyReceived": "events",
    "EktKeyUndelivered": "events",
    "Event": "events",
    "HandshakeCompleted": "events",
    "Identity": "identity",
    "PeerInfo": "config",
}

__all__ = [
    "ApplicationDataReceived",
    "ConnectionClosed",
    "CookieAccepted",
    "CookieExchange",
    "CookieReply",
    "Datagram",
    "DtlsClient",
    "DtlsConfig",
    "DtlsServer",
    "EktKeyAcknowledged",
    "EktKeyReceived",
    "EktKeyUndelivered",
    "Event",
    "HandshakeCompleted",
    "Identity",
    "PeerInfo",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

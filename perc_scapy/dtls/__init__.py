# SPDX-License-Identifier: BSD-3-Clause
"""A sans-IO DTLS 1.2 engine with EKT (RFC 6347, RFC 8870), client and server; no Scapy.

`config` what the owner decides · `identity` certificate and key · `client`, `server` the two state machines over
`connection` · `hello` negotiation · `codec`, `extensions` bytes of handshake messages · `record` epochs and replay ·
`fragments` reassembly · `flight` packing and timers · `ekt` delivery of EKT keys · `cookie` stateless proof of address.
"""

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

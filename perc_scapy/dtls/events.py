# SPDX-License-Identifier: BSD-3-Clause
"""What a DTLS engine tells its owner, in order, through `next_event()`."""

from __future__ import annotations

from dataclasses import dataclass

from perc_scapy.crypto.ekt import EktParameters


@dataclass(frozen=True, slots=True)
class HandshakeCompleted:
    """The peer's Finished was verified. Its certificate, if any, is proven by then."""

    srtp_profile: int | None
    ekt_cipher: int | None
    peer_fingerprint: str | None
    peer_certificates: tuple[bytes, ...]
    """DER, the peer's own first."""
    external_session_id: bytes | None
    """The peer's tls-id (RFC 8844)."""
    cipher_suite: int
    extended_master_secret: bool


@dataclass(frozen=True, slots=True)
class ApplicationDataReceived:
    """The content of one application-data record, up to 16384 octets."""

    data: bytes


@dataclass(frozen=True, slots=True)
class EktKeyReceived:
    """The server handed over an EKT key; the ACK is already queued (RFC 8870 5.2.2)."""

    parameters: EktParameters


@dataclass(frozen=True, slots=True)
class EktKeyAcknowledged:
    """The client holds the EKT key with this SPI."""

    spi: int


@dataclass(frozen=True, slots=True)
class EktKeyUndelivered:
    """Given up: no ACK after the last retransmission, or the association ended first."""

    spi: int


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The last event of an association. `alert` is None when none was exchanged (a timeout)."""

    reason: str
    alert: int | None
    local: bool
    """We ended it; otherwise the peer did."""


Event = (
    HandshakeCompleted
    | ApplicationDataReceived
    | EktKeyReceived
    | EktKeyAcknowledged
    | EktKeyUndelivered
    | ConnectionClosed
)

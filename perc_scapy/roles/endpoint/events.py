# SPDX-License-Identifier: GPL-2.0-only
"""What an endpoint reports. Key ids (8 hex digits), SPIs and epochs appear, key bytes never."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class HopKeysReady:
    """The DTLS handshake with the KMF completed; SRTP keys toward the MDD exist."""

    profile: int
    ekt_cipher: int | None
    kmf_fingerprint: str
    send_key_id: str
    receive_key_id: str


@dataclass(frozen=True, slots=True)
class EktKeyInstalled:
    """An ekt_key arrived: from now on full fields of this SPI open. `first` for the first one."""

    spi: int
    key_id: str
    ttl: int
    first: bool


@dataclass(frozen=True, slots=True)
class MediaReady:
    """Sending is possible from now on. `spi` and `key_id` are None without EKT."""

    ssrc: int
    spi: int | None
    key_id: str | None


@dataclass(frozen=True, slots=True)
class SendingKeyChanged:
    """The own master key was replaced because a new EKT key came into use for sending."""

    ssrc: int
    spi: int
    epoch: int
    key_id: str


@dataclass(frozen=True, slots=True)
class SsrcChanged:
    """Somebody else sends with our SSRC: we go on with another one (RFC 3550 section 8.2)."""

    old: int
    ssrc: int
    now: float


@dataclass(frozen=True, slots=True)
class SenderKeyLearned:
    """A full EKT field brought the master key of a sender, and a packet proved it."""

    ssrc: int
    spi: int
    epoch: int
    key_id: str


@dataclass(frozen=True, slots=True)
class MediaReceived:
    """An RTP packet of another participant, opened and authenticated on all layers."""

    ssrc: int
    sequence: int
    """As the sender wrote it (restored from the OHB)."""
    timestamp: int
    payload_type: int
    marker: bool
    payload: bytes
    """Without padding."""
    outer_sequence: int
    """As it arrived: for ordering and playout (RFC 8723 5.3)."""
    outer_payload_type: int
    """As it arrived: for codec choice (RFC 8723 5.3)."""
    spi: int | None
    epoch: int | None
    key_id: str | None
    now: float


@dataclass(frozen=True, slots=True)
class ReportReceived:
    """One SR or RR block about a stream; protected hop by hop only, so no more than a hint."""

    reporter: int
    ssrc: int
    fraction_lost: float
    """0 … 1 since the previous report."""
    lost: int
    highest_sequence: int
    jitter: float
    """Seconds."""
    round_trip: float | None
    """Seconds, when the reporter quotes one of our sender reports (RFC 3550 6.4.1)."""
    now: float


@dataclass(frozen=True, slots=True)
class SourceLeft:
    """An RTCP BYE named this sender."""

    ssrc: int
    now: float


@dataclass(frozen=True, slots=True)
class SendingKeyExpired:
    """No packet can be sent: the EKT key reached its time to live or its count, and no newer one came."""

    spi: int | None


@dataclass(frozen=True, slots=True)
class EndpointClosed:
    """The association ended; all keys are gone. `alert` is a DTLS alert description or None."""

    reason: str
    alert: int | None
    local: bool


EndpointEvent = (
    HopKeysReady
    | EktKeyInstalled
    | MediaReady
    | SendingKeyChanged
    | SsrcChanged
    | SenderKeyLearned
    | MediaReceived
    | ReportReceived
    | SourceLeft
    | SendingKeyExpired
    | EndpointClosed
)
"""Everything that `Endpoint.next_event` returns."""


class Drop(StrEnum):
    """Names in `Endpoint.counters`: packets that had no effect."""

    FOREIGN_ADDRESS = "foreign_address"
    UNKNOWN_PACKET = "unknown_packet"
    NO_KEYS = "no_keys"
    MALFORMED = "malformed"
    AUTHENTICATION = "authentication"
    REPLAYED = "replayed"
    UNKNOWN_SPI = "unknown_spi"
    NO_SENDER_KEY = "no_sender_key"
    KEY_EXHAUSTED = "key_exhausted"
    OWN_SSRC = "own_ssrc"
    TOO_MANY_SOURCES = "too_many_sources"
    NOT_READY = "not_ready"
    SEND_KEY_EXHAUSTED = "send_key_exhausted"
    UNEXPECTED_DATA = "unexpected_data"


DTLS_PREFIX = "dtls_"
"""Counters that begin so are the DTLS engine's own."""

ENDPOINT_COUNTERS: dict[str, str] = {
    Drop.FOREIGN_ADDRESS: "a datagram from another address than mdd_addr",
    Drop.UNKNOWN_PACKET: "neither DTLS nor RTP/RTCP by its first octet (RFC 7983)",
    Drop.NO_KEYS: "media before the handshake and the first ekt_key",
    Drop.MALFORMED: "media whose header, EKT field or OHB does not parse",
    Drop.AUTHENTICATION: "media that fails the outer or the inner layer",
    Drop.REPLAYED: "media seen before, on either layer",
    Drop.UNKNOWN_SPI: "a full EKT field of a key that this endpoint does not hold",
    Drop.NO_SENDER_KEY: "media of a sender whose first full EKT field has not come yet",
    Drop.KEY_EXHAUSTED: "media under a key past its life",
    Drop.OWN_SSRC: "media that claims this endpoint's SSRC",
    Drop.TOO_MANY_SOURCES: "media of a new sender beyond max_sources",
    Drop.NOT_READY: "a packet to send before keys exist or after the end: not sent",
    Drop.SEND_KEY_EXHAUSTED: "a packet to send under a key past its life: not sent",
    Drop.UNEXPECTED_DATA: "application data from the KMF, which PERC has no use for",
}
"""Every counter and what it counts."""

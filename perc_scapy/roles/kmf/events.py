# SPDX-License-Identifier: GPL-2.0-only
"""What a KMF reports. Key ids (8 hex digits) and SPIs appear, key bytes never.

`tunnel_id` is whatever the caller used; `association_id` and `conference_id` are 16 octets; `member` is the
configured name, `fingerprint` the canonical text of the certificate. `KMF_COUNTERS` says what `Kmf.counters` counts.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

from perc_scapy.roles.tunnels import CloseTunnel, TunnelLost


@dataclass(frozen=True, slots=True)
class TunnelAuthorised:
    """A tunnel opened with a certificate that may serve at least one conference."""

    tunnel_id: Hashable
    fingerprint: str


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A tunnel message named a conference that this tunnel may not serve: unknown here, not this MDD's, not shared."""

    conference_id: bytes
    tunnel_id: Hashable
    association_id: bytes
    reason: str
    """A key of `KMF_COUNTERS`; the message was counted there and not answered."""


@dataclass(frozen=True, slots=True)
class HandshakeStarted:
    """A ClientHello proved its path with a cookie; a handshake runs."""

    conference_id: bytes
    tunnel_id: Hashable
    association_id: bytes


@dataclass(frozen=True, slots=True)
class HandshakeRefused:
    """A handshake ended before any key existed. `reason` is a key of `KMF_COUNTERS`."""

    conference_id: bytes
    tunnel_id: Hashable
    association_id: bytes
    reason: str
    alert: int | None
    """DTLS alert description, when one was sent or received."""
    fingerprint: str | None
    """The certificate, when one was shown."""


@dataclass(frozen=True, slots=True)
class HopKeysSent:
    """SRTPKeyInformation left with a Finished; `repeat` when it went with a retransmission (AMB-15)."""

    conference_id: bytes
    tunnel_id: Hashable
    association_id: bytes
    profile: int
    client_key_id: str
    server_key_id: str
    repeat: bool


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """A member completed its handshake."""

    conference_id: bytes
    tunnel_id: Hashable
    association_id: bytes
    member: str
    fingerprint: str
    profile: int
    ekt_cipher: int | None


@dataclass(frozen=True, slots=True)
class EktKeyCreated:
    """The conference has a new EKT key. `reason`: first, join, leave, expiry, control."""

    conference_id: bytes
    spi: int
    key_id: str
    ttl: int
    reason: str


@dataclass(frozen=True, slots=True)
class EktKeySent:
    """An ekt_key message was queued for a member (retransmissions are not reported)."""

    conference_id: bytes
    association_id: bytes
    member: str
    spi: int
    key_id: str


@dataclass(frozen=True, slots=True)
class EktKeyDelivered:
    """A member acknowledged an ekt_key."""

    conference_id: bytes
    association_id: bytes
    member: str
    spi: int


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A member's association ended. `reason`: one of `LeaveReason`."""

    conference_id: bytes
    tunnel_id: Hashable
    association_id: bytes
    member: str
    fingerprint: str
    reason: str


KmfEvent = (
    CloseTunnel
    | TunnelAuthorised
    | TunnelLost
    | MessageRefused
    | HandshakeStarted
    | HandshakeRefused
    | HopKeysSent
    | MemberJoined
    | EktKeyCreated
    | EktKeySent
    | EktKeyDelivered
    | MemberLeft
)
"""Everything that `Kmf.next_event` returns."""


class LeaveReason(StrEnum):
    """Why an established association ended (AMB-21, AMB-23)."""

    CLOSED = "closed"  # close_notify or a fatal alert from the endpoint
    REMOVED = "removed"  # conference control
    UNACKNOWLEDGED = "unacknowledged"  # an ekt_key got no ACK in all its retransmissions
    EXHAUSTED = "exhausted"  # its association has no message number left for another ekt_key
    TUNNEL_LOST = "tunnel_lost"
    REPLACED = "replaced"  # a newer handshake of the same member, here or elsewhere
    DISPLACED = "displaced"  # another member completed a handshake on the same pair


class Refusal(StrEnum):
    """Names in `Kmf.counters`; each is one kind of message that had no effect or ended a handshake."""

    UNKNOWN_TUNNEL = "unknown_tunnel"
    TUNNEL_REFUSED = "tunnel_refused"
    MALFORMED = "malformed"
    BAD_VERSION = "bad_version"
    BAD_TYPE = "bad_type"
    WRONG_DIRECTION = "wrong_direction"
    UNKNOWN_CONFERENCE = "unknown_conference"
    MDD_NOT_ALLOWED = "mdd_not_allowed"
    TUNNEL_NOT_SHARED = "tunnel_not_shared"
    CONFERENCE_CHANGED = "conference_changed"
    PROFILES_CHANGED = "profiles_changed"
    EMPTY_DTLS = "empty_dtls"
    UNKNOWN_ASSOCIATION = "unknown_association"
    NO_PROFILE_LIST = "no_profile_list"
    COOKIE_REFUSED = "cookie_refused"
    HALF_OPEN_CAP = "half_open_cap"
    ASSOCIATION_CAP = "association_cap"
    MDD_LACKS_PROFILE = "mdd_lacks_profile"
    ENDPOINT_LACKS_PROFILE = "endpoint_lacks_profile"
    ENDPOINT_LACKS_EKT = "endpoint_lacks_ekt"
    NOT_A_MEMBER = "not_a_member"
    TLS_ID_MISMATCH = "tls_id_mismatch"
    HANDSHAKE_FAILED = "handshake_failed"
    HANDSHAKE_ABANDONED = "handshake_abandoned"
    HALF_OPEN_TIMEOUT = "half_open_timeout"
    UNEXPECTED_DATA = "unexpected_data"
    SPI_EXHAUSTED = "spi_exhausted"


DTLS_PREFIX = "dtls_"
"""Counters that begin so are the DTLS engine's own, summed over all associations."""

KMF_COUNTERS: dict[str, str] = {
    Refusal.UNKNOWN_TUNNEL: "a record on a tunnel that was never opened or is closed (RFC 8871 section 4.5.1)",
    Refusal.TUNNEL_REFUSED: "a tunnel whose certificate may serve no conference",
    Refusal.MALFORMED: "a record that is no tunnel message: too short, too long, broken lengths",
    Refusal.BAD_VERSION: "a tunnel message of another version (AMB-20)",
    Refusal.BAD_TYPE: "a tunnel message of a type above 2 (AMB-20)",
    Refusal.WRONG_DIRECTION: "SRTPKeyInformation sent to the KMF (AMB-20)",
    Refusal.UNKNOWN_CONFERENCE: "a conference_id that is not configured",
    Refusal.MDD_NOT_ALLOWED: "a conference that this MDD certificate may not serve",
    Refusal.TUNNEL_NOT_SHARED: "a second conference on a tunnel, without shared_tunnel on both",
    Refusal.CONFERENCE_CHANGED: "another conference_id within one association (AMB-18)",
    Refusal.PROFILES_CHANGED: "a different SupportedProfiles after the profile was chosen (AMB-12, AMB-25)",
    Refusal.EMPTY_DTLS: "a message with no DTLS inside (AMB-11)",
    Refusal.UNKNOWN_ASSOCIATION: "no ClientHello, for an association that does not exist (AMB-13)",
    Refusal.NO_PROFILE_LIST: "a ClientHello as type 0 on a tunnel that never listed profiles (AMB-13)",
    Refusal.COOKIE_REFUSED: "a ClientHello that neither starts a cookie exchange nor completes one",
    Refusal.HALF_OPEN_CAP: "the oldest unfinished handshake of a tunnel, ended for one beyond max_half_open",
    Refusal.ASSOCIATION_CAP: "a ClientHello beyond max_associations_per_tunnel",
    Refusal.MDD_LACKS_PROFILE: "an MDD list without the profile of the conference (AMB-25)",
    Refusal.ENDPOINT_LACKS_PROFILE: "a ClientHello without the profile of the conference in use_srtp",
    Refusal.ENDPOINT_LACKS_EKT: "a ClientHello without the EKT cipher of the conference",
    Refusal.NOT_A_MEMBER: "a certificate that is not on the list of the conference",
    Refusal.TLS_ID_MISMATCH: "external_session_id absent or not the registered tls-id",
    Refusal.HANDSHAKE_FAILED: "any other end of a handshake: alert, bad signature, broken message",
    Refusal.HANDSHAKE_ABANDONED: "a handshake whose tunnel was lost, or beside which a newer one completed",
    Refusal.HALF_OPEN_TIMEOUT: "a handshake that did not end in half_open_timeout seconds",
    Refusal.UNEXPECTED_DATA: "application data inside an association, which PERC has no use for",
    Refusal.SPI_EXHAUSTED: "a new EKT key was due, but all 65536 SPIs are still in their time to live",
}
"""Every counter and what it counts."""

# SPDX-License-Identifier: GPL-2.0-only
"""What an MDD reports. Key ids (8 hex digits) appear, key bytes never; media packets are counted, not reported.

`association_id` and `conference_id` are 16 octets. `MDD_COUNTERS` says what `Mdd.counters` counts.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from perc_scapy.roles.tunnels import CloseTunnel, TunnelLost


class Path(NamedTuple):
    """Where a datagram came from or goes to: the MDD's own listen address and the other side's address."""

    listener: bytes
    """The 16-octet id of the conference that owns the listen address."""
    remote: Hashable
    """The other side, in whatever form the caller uses."""


@dataclass(frozen=True, slots=True)
class TunnelWanted:
    """An endpoint showed up and no tunnel of its conference is open; its datagrams are dropped until one is."""

    tunnel_id: Hashable


@dataclass(frozen=True, slots=True)
class AssociationOpened:
    """A ClientHello came from a new pair of addresses; it has an id now."""

    association_id: bytes
    conference_id: bytes
    tunnel_id: Hashable
    path: Path


@dataclass(frozen=True, slots=True)
class AssociationAnswered:
    """The KMF's first message for an association: from now on its datagrams travel as Empty (AMB-12)."""

    association_id: bytes
    conference_id: bytes


@dataclass(frozen=True, slots=True)
class HopKeysInstalled:
    """SRTPKeyInformation was taken. `rekey` when it replaced other keys (AMB-23)."""

    association_id: bytes
    conference_id: bytes
    tunnel_id: Hashable
    path: Path
    profile: int
    client_key_id: str
    server_key_id: str
    rekey: bool


@dataclass(frozen=True, slots=True)
class AssociationClosed:
    """An association ended; its keys are gone. `reason` is an `EndReason`."""

    association_id: bytes
    conference_id: bytes
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class SourceStarted:
    """The first authenticated packet of an SSRC: it belongs to this association now."""

    association_id: bytes
    conference_id: bytes
    ssrc: int


@dataclass(frozen=True, slots=True)
class SourceEnded:
    """An SSRC has no owner any more: RTCP BYE, or the association ended."""

    association_id: bytes
    conference_id: bytes
    ssrc: int


MddEvent = (
    CloseTunnel
    | TunnelLost
    | TunnelWanted
    | AssociationOpened
    | AssociationAnswered
    | HopKeysInstalled
    | AssociationClosed
    | SourceStarted
    | SourceEnded
)


class EndReason(StrEnum):
    """Why an association ended at the MDD."""

    HALF_OPEN_TIMEOUT = "half_open_timeout"
    HALF_OPEN_CAP = "half_open_cap"
    IDLE = "idle"
    BYE = "bye"
    TUNNEL_LOST = "tunnel_lost"
    REMOVED = "removed"


class MddDrop(StrEnum):
    """Names in `Mdd.counters`: what had no effect."""

    UNKNOWN_PACKET = "unknown_packet"
    UNKNOWN_LISTENER = "unknown_listener"
    NOT_A_CLIENT_HELLO = "not_a_client_hello"
    OVERSIZED = "oversized"
    NO_TUNNEL = "no_tunnel"
    ASSOCIATION_CAP = "association_cap"
    NO_KEYS = "no_keys"
    MALFORMED_MEDIA = "malformed_media"
    AUTHENTICATION = "authentication"
    REPLAYED = "replayed"
    STOLEN_SSRC = "stolen_ssrc"
    SSRC_CAP = "ssrc_cap"
    INDEX_UNAVAILABLE = "index_unavailable"
    SSRCS_EXHAUSTED = "ssrcs_exhausted"
    KEY_EXHAUSTED = "key_exhausted"
    UNKNOWN_TUNNEL = "unknown_tunnel"
    TUNNEL_REFUSED = "tunnel_refused"
    MALFORMED = "malformed"
    BAD_VERSION = "bad_version"
    BAD_TYPE = "bad_type"
    WRONG_DIRECTION = "wrong_direction"
    UNKNOWN_PROFILE = "unknown_profile"
    KEY_LENGTH = "key_length"
    UNKNOWN_ASSOCIATION = "unknown_association"
    CONFERENCE_MISMATCH = "conference_mismatch"
    PROFILE_NOT_OFFERED = "profile_not_offered"
    KEY_REUSED = "key_reused"
    EMPTY_DTLS = "empty_dtls"


MDD_COUNTERS: dict[str, str] = {
    MddDrop.UNKNOWN_PACKET: "neither DTLS nor RTP/RTCP by its first octet (RFC 7983)",
    MddDrop.UNKNOWN_LISTENER: "a datagram on a listen address of no conference",
    MddDrop.NOT_A_CLIENT_HELLO: "DTLS from a new address that does not begin with a ClientHello (AMB-28)",
    MddDrop.OVERSIZED: "endpoint DTLS beyond what one tunnel record carries (AMB-08)",
    MddDrop.NO_TUNNEL: "endpoint DTLS while no tunnel of the conference is open",
    MddDrop.ASSOCIATION_CAP: "a ClientHello beyond max_associations",
    MddDrop.NO_KEYS: "media to or from an address without keys",
    MddDrop.MALFORMED_MEDIA: "media whose header, EKT field or OHB does not parse",
    MddDrop.AUTHENTICATION: "media that fails the hop's authentication",
    MddDrop.REPLAYED: "media seen before on this hop",
    MddDrop.STOLEN_SSRC: "authentic media with an SSRC that another association owns",
    MddDrop.SSRC_CAP: "authentic media with an SSRC beyond max_ssrcs in the life of its association",
    MddDrop.INDEX_UNAVAILABLE: "a packet that one receiver cannot get without repeating a nonce",
    MddDrop.SSRCS_EXHAUSTED: "a packet of a new SSRC toward a receiver whose key has met 65536 others that ended",
    MddDrop.KEY_EXHAUSTED: "media beyond the life of a hop key",
    MddDrop.UNKNOWN_TUNNEL: "a record or opening of a tunnel that no conference names",
    MddDrop.TUNNEL_REFUSED: "a tunnel whose KMF certificate is not the configured one",
    MddDrop.MALFORMED: "a tunnel record that is no tunnel message",
    MddDrop.BAD_VERSION: "a tunnel message of another version (AMB-20)",
    MddDrop.BAD_TYPE: "a tunnel message of a type above 2 (AMB-20)",
    MddDrop.WRONG_DIRECTION: "SupportedProfiles sent to the MDD (AMB-20)",
    MddDrop.UNKNOWN_PROFILE: "SRTPKeyInformation with an unknown profile",
    MddDrop.KEY_LENGTH: "SRTPKeyInformation whose keys are not those of one layer",
    MddDrop.UNKNOWN_ASSOCIATION: "a tunnel message for an association that is not in that tunnel (T00-MDD-12)",
    MddDrop.CONFERENCE_MISMATCH: "a tunnel message with another conference_id; taken all the same (AMB-17)",
    MddDrop.PROFILE_NOT_OFFERED: "SRTPKeyInformation with a profile that the MDD did not list; not installed",
    MddDrop.KEY_REUSED: "SRTPKeyInformation with a key that some hop has or had; not installed",
    MddDrop.EMPTY_DTLS: "a tunnel message with no DTLS inside; nothing to relay (AMB-11)",
}
"""Every counter and what it counts."""

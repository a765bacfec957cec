# SPDX-License-Identifier: GPL-2.0-only
"""What an MDD (RFC 8871: Media Distributor) is told before it starts. Wrong values raise `ConfigError` at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from perc_scapy.codes import ProtectionProfile
from perc_scapy.crypto.fingerprint import parse_fingerprint
from perc_scapy.crypto.hop import KEEP
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.crypto.hop import _Keep


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """What the MDD rewrites in RTP headers on their way out; the OHB records originals (RFC 8723 section 5.2)."""

    payload_types: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    """Old payload type to new one, both 0 … 127."""
    sequence_offset: int = 0
    """Added to every SEQ, modulo 2^16. Where a nonce would repeat the MDD chooses another one by itself."""
    marker: bool | None = None
    """None leaves the marker alone."""
    extension: bytes | _Keep | None = KEEP
    """KEEP, None (remove) or the whole extension with its 4-octet header."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "payload_types", MappingProxyType(dict(self.payload_types)))
        object.__setattr__(self, "sequence_offset", self.sequence_offset & 0xFFFF)
        if not all(0 <= pt <= 127 for pair in self.payload_types.items() for pt in pair):
            raise ConfigError("relay: a payload type is 0 … 127")
        if isinstance(self.extension, bytes) and (
            len(self.extension) < 4
            or len(self.extension) != 4 + 4 * int.from_bytes(self.extension[2:4], "big")
        ):
            raise ConfigError("relay: extension: 4 octets and as many words as they say")

    @property
    def changes_headers(self) -> bool:
        """Whether anything but the SEQ may change."""
        return bool(self.payload_types) or self.marker is not None or self.extension is not KEEP


@dataclass(frozen=True, slots=True)
class MddConference:
    """One conference: its listen address is what endpoints are told."""

    id: bytes
    """16 octets: the conference_id of draft-jones-perc-dtls-tunnel-00."""
    name: str = ""
    """For people."""
    tunnels: tuple[Hashable, ...] = ()
    """Names of the tunnels that may carry it; an association stays on one (T00-MDD-01). Default: one tunnel of its own,
    named by `id`. The same name in several conferences shares a tunnel; several names spread associations."""
    kmf_fingerprint: str | None = None
    """The KMF's certificate; None leaves the check to the dialer alone."""
    relay: RelayPolicy = field(default_factory=RelayPolicy)

    def __post_init__(self) -> None:
        if len(self.id) != 16:
            raise ConfigError(f"conference {self.name!r}: id has {len(self.id)} octets, not 16")
        object.__setattr__(self, "tunnels", tuple(self.tunnels) or (self.id,))
        if self.kmf_fingerprint is not None:
            object.__setattr__(self, "kmf_fingerprint", parse_fingerprint(self.kmf_fingerprint))


@dataclass(frozen=True, slots=True)
class MddLimits:
    """How much work strangers and participants can cause. Times in seconds."""

    max_associations: int = 2000
    max_half_open: int = 500
    """Beyond it the oldest unfinished one makes room, so that a flood cannot shut the door."""
    max_ssrcs: int = 32
    """SSRCs that one association may use in its life; each leaves a trace at every receiver for good."""
    half_open_timeout: float = 130.0
    """Without DTLS before the keys are there: more than two retransmissions, which come 60 s apart, may be lost. After
    four times as long an unfinished handshake ends in any case."""
    idle_timeout: float = 180.0
    """Without authenticated media and without DTLS, once keys are there (draft-00 has no disconnect message)."""
    bye_timeout: float = 5.0
    """The same once an association has said BYE for all its SSRCs; any media of it brings `idle_timeout` back."""
    answer_timeout: float = 10.0
    """A ClientHello still unanswered after so long, on a tunnel that said nothing since and serves nobody, means that
    the KMF has lost the tunnel (draft-00 has no sign of life): it is closed, to be dialled again."""
    rekey_hold: float = 2.0
    """For how long old keys of a hop still open packets after new ones came (AMB-23)."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"limits: {name} must be above 0")


@dataclass(frozen=True, slots=True)
class MddConfig:
    """A whole MDD. It needs no identity: that belongs to the dialer of its tunnels."""

    conferences: tuple[MddConference, ...]
    profiles: tuple[int, ...] = (
        ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM,
        ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM,
    )
    """Listed in SupportedProfiles, most wanted first; keys of other profiles are not taken."""
    limits: MddLimits = field(default_factory=MddLimits)
    tunnel_version: str = "draft00"
    """One of `tunnel.LIVE_VERSIONS`."""

    def __post_init__(self) -> None:
        self._check_profiles()
        for what in ("id", "name"):
            values = [getattr(c, what) for c in self.conferences if getattr(c, what)]
            if len(set(values)) != len(values):
                raise ConfigError(f"mdd: two conferences with the same {what}")
        if not self.conferences:
            raise ConfigError("mdd: no conference configured")

    def _check_profiles(self) -> None:
        if not self.profiles:
            raise ConfigError("mdd: profiles is empty")
        for profile in self.profiles:
            row = SRTP_PROFILES.get(profile)
            if row is None or row.cipher == "null":
                raise ConfigError(f"mdd: profile 0x{profile:04x} cannot be run here")

# SPDX-License-Identifier: GPL-2.0-only
"""What a KMF (RFC 8871: Key Distributor) is told before it starts: who may join, through which MDD, with what.

Everything not named here is refused. A wrong value raises `ConfigError` when the object is made, never later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto.fingerprint import parse_fingerprint
from perc_scapy.errors import ConfigError
from perc_scapy.roles.checks import check_mtu, check_profile, check_tls_id

if TYPE_CHECKING:
    from perc_scapy.dtls import Identity

MAX_TTL = 2**24 - 1
"""ekt_ttl has 24 bits (RFC 8870 5.2.2)."""


def _repeated(values: Iterable[object]) -> object | None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


@dataclass(frozen=True, slots=True)
class Member:
    """One participant that may join a conference."""

    name: str
    """For people: shown in events and reports."""
    fingerprint: str
    """`sha-256:` + 64 hex digits of the certificate, in any usual spelling; stored in the canonical one."""
    tls_id: str | None = None
    """When given, external_session_id of the ClientHello must be present and equal to it (RFC 8844)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", parse_fingerprint(self.fingerprint))
        check_tls_id(self.tls_id, f"member {self.name!r}")


@dataclass(frozen=True, slots=True)
class Conference:
    """A conference: its one protection profile, its one EKT cipher, its members and the MDDs that may serve it."""

    id: bytes
    """16 octets: the conference_id of draft-jones-perc-dtls-tunnel-00. Names a conference, authorises nobody."""
    name: str
    profile: int = ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM
    """The only profile that this conference negotiates."""
    ekt_cipher: int | None = EktCipher.AESKW_128
    """The only EKT cipher; 0x000A needs AESKW256 (RFC 8870 section 6). Becomes None with `hbh_only`."""
    members: tuple[Member, ...] = ()
    mdds: frozenset[str] = frozenset()
    """Certificate fingerprints of the MDDs that may serve this conference."""
    hbh_only: bool = False
    """Plain SRTP, no EKT: the MDD holds the media keys. Only for tests and comparison."""
    rekey_on_join: int | None = 2
    """A join makes a new EKT key when at least this many members are already present (handshake complete).
    2 is what the flows of April 2016 draw: none for the second participant, one for the third. 1: nobody can ever
    open what was sent before. 0: also for the first. None: never."""
    rekey_on_leave: bool = True
    """Members that stay get a new EKT key when one leaves, is removed, or is lost."""
    rekey_interval: float = 0.0
    """Seconds during which joins after a new EKT key share that key; bounds the cost of many joins at once."""
    ekt_ttl: int = 86400
    """Seconds that an EKT key may be used; a new one is given out at 4/5 of it."""
    shared_tunnel: bool = False
    """False: a tunnel that serves this conference serves no other. True on both: they may share one."""
    same_member: Literal["replace", "allow"] = "replace"
    """A member that completes a handshake from a second place: `replace` ends the first, `allow` keeps both."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mdds", frozenset(map(parse_fingerprint, self.mdds)))
        if self.hbh_only:
            object.__setattr__(self, "ekt_cipher", None)
        self._check_cryptography()
        self._check_people()
        self._check_rekeying()

    @property
    def _what(self) -> str:
        return f"conference {self.name!r}"

    def _check_cryptography(self) -> None:
        if len(self.id) != 16:
            raise ConfigError(f"{self._what}: id has {len(self.id)} octets, not 16")
        check_profile(self.profile, hbh_only=self.hbh_only, what=self._what)
        if self.hbh_only:
            return
        if self.ekt_cipher not in (EktCipher.AESKW_128, EktCipher.AESKW_256):
            raise ConfigError(f"{self._what}: ekt_cipher must be 1 (AESKW128) or 2 (AESKW256)")
        strong = ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM
        if self.profile == strong and self.ekt_cipher != EktCipher.AESKW_256:
            # RFC 8870 section 6: the EKT cipher is at least as strong as the SRTP cipher.
            raise ConfigError(f"{self._what}: profile 0x000a needs ekt_cipher 2 (AESKW256)")

    def _check_people(self) -> None:
        prints = [member.fingerprint for member in self.members]
        twice = _repeated(prints)
        if twice is not None:
            raise ConfigError(f"{self._what}: two members with fingerprint {twice}")
        if self.mdds & set(prints):
            # An MDD that is also a member would be given the EKT key.
            raise ConfigError(f"{self._what}: an MDD certificate is also listed as a member")

    def _check_rekeying(self) -> None:
        if not 5 <= self.ekt_ttl <= MAX_TTL:
            raise ConfigError(f"{self._what}: ekt_ttl must be 5 … {MAX_TTL} seconds")
        if self.rekey_on_join is not None and self.rekey_on_join < 0:
            raise ConfigError(f"{self._what}: rekey_on_join must be 0 or more, or left out")
        if self.rekey_interval < 0:
            raise ConfigError(f"{self._what}: rekey_interval must not be negative")
        if self.same_member not in ("replace", "allow"):
            raise ConfigError(f"{self._what}: same_member must be 'replace' or 'allow'")


@dataclass(frozen=True, slots=True)
class KmfLimits:
    """How much work strangers can cause."""

    half_open_timeout: float = 250.0
    """Seconds from a proven ClientHello to the end of its handshake; only half-open ones have an idle timeout.
    A client repeats a flight for 243 s before it gives up (1 s doubling to 60 s, eight times)."""
    max_half_open: int = 1000
    """Unfinished handshakes a tunnel; one more ends the oldest."""
    max_associations_per_tunnel: int = 10000
    cookie_lifetime: float = 60.0
    """Seconds that a HelloVerifyRequest cookie is good for."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"limits: {name} must be above 0")


@dataclass(frozen=True, slots=True)
class KmfConfig:
    """A whole KMF."""

    identity: Identity
    """Certificate and key shown to endpoints."""
    tls_id: str | None = None
    """Own external_session_id, sent in ServerHello to clients that offer theirs."""
    conferences: tuple[Conference, ...] = ()
    limits: KmfLimits = field(default_factory=KmfLimits)
    mtu: int = 1200
    """Octets of one inner DTLS datagram (AMB-09: the tunnel adds about 100 more)."""

    def __post_init__(self) -> None:
        check_tls_id(self.tls_id, "kmf")
        check_mtu(self.mtu, "kmf")
        for what, values in (
            ("id", [conference.id.hex() for conference in self.conferences]),
            ("name", [conference.name for conference in self.conferences]),
        ):
            twice = _repeated(values)
            if twice is not None:
                raise ConfigError(f"kmf: two conferences with {what} {twice!r}")

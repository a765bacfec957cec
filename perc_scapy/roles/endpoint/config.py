# SPDX-License-Identifier: GPL-2.0-only
"""What an endpoint is told before it starts."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto.fingerprint import parse_fingerprint
from perc_scapy.errors import ConfigError
from perc_scapy.roles.checks import check_mtu, check_profile, check_tls_id

if TYPE_CHECKING:
    from perc_scapy.dtls import Identity


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """One participant. Wrong values raise `ConfigError`."""

    identity: Identity
    """Certificate and key shown to the KMF."""
    kmf_fingerprint: str
    """The only certificate that this endpoint accepts from its DTLS server (RFC 8871: Key Distributor)."""
    profiles: tuple[int, ...] = (ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM,)
    """Offered in use_srtp, most wanted first; doubles, or with `hbh_only` single ones."""
    ekt_ciphers: tuple[int, ...] = (EktCipher.AESKW_128, EktCipher.AESKW_256)
    """Offered in supported_ekt_ciphers, most wanted first. Becomes () with `hbh_only`."""
    tls_id: str | None = None
    """Own SDP tls-id, sent as external_session_id (RFC 8844)."""
    kmf_tls_id: str | None = None
    """When given, the server's external_session_id must be present and equal."""
    ssrc: int | None = None
    """None draws a random one."""
    cname: str | None = None
    """RTCP canonical name; None draws a random one, which tells nothing about the user (RFC 7022)."""
    key_change_delay: float = 1.0
    """Seconds between a new EKT key and its use for sending; the others must hold it first (RFC 8870 4.3.2)."""
    full_interval: float = 0.1
    """Seconds between full EKT fields for late joiners (RFC 8870 section 4.6: 100 ms for audio)."""
    hold: float = 0.25
    """Seconds for which the old master key protects after the first full field with a new one (RFC 8870 4.3.1)."""
    clock_rate: int = 8000
    """RTP timestamp units a second."""
    report_interval: float = 5.0
    """Mean seconds between RTCP reports (RFC 3550 6.2); each is drawn from 0.5 … 1.5 of it."""
    max_sources: int = 1000
    """Senders for whom state is kept; packets of further ones are dropped and counted."""
    mtu: int = 1200
    mdd_addr: Hashable = None
    """Where datagrams go. None: the caller has one peer; any source address is accepted."""
    hbh_only: bool = False
    """Plain SRTP without EKT: the MDD can read the media. Only for tests and comparison."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kmf_fingerprint", parse_fingerprint(self.kmf_fingerprint))
        if self.hbh_only:
            object.__setattr__(self, "ekt_ciphers", ())
        self._check_offer()
        self._check_rest()

    def _check_offer(self) -> None:
        if not self.profiles:
            raise ConfigError("endpoint: profiles is empty")
        for profile in self.profiles:
            check_profile(profile, hbh_only=self.hbh_only, what="endpoint")
        strong = ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM
        if strong in self.profiles and EktCipher.AESKW_256 not in self.ekt_ciphers:
            raise ConfigError("endpoint: profile 0x000a needs ekt_ciphers with 2 (AESKW256)")
        if not self.hbh_only and not self.ekt_ciphers:
            raise ConfigError("endpoint: ekt_ciphers is empty; without EKT no media key is shared")
        if set(self.ekt_ciphers) - {EktCipher.AESKW_128, EktCipher.AESKW_256}:
            raise ConfigError("endpoint: ekt_ciphers may hold 1 (AESKW128) and 2 (AESKW256)")

    def _check_rest(self) -> None:
        check_tls_id(self.tls_id, "endpoint")
        check_tls_id(self.kmf_tls_id, "endpoint")
        check_mtu(self.mtu, "endpoint")
        if self.ssrc is not None and not 0 <= self.ssrc < 2**32:
            raise ConfigError("endpoint: ssrc has 32 bits")
        if self.cname is not None and not 1 <= len(self.cname.encode()) <= 255:
            raise ConfigError("endpoint: cname has 1 to 255 octets")
        if min(self.key_change_delay, self.hold) < 0:
            raise ConfigError("endpoint: delays must not be negative")
        if min(self.full_interval, self.report_interval, self.clock_rate, self.max_sources) <= 0:
            raise ConfigError("endpoint: intervals, rates and limits must be above 0")

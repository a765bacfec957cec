# SPDX-License-Identifier: BSD-3-Clause
"""SRTP protection profiles: one row each. A new profile is a new row here and a code point in `codes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from perc_scapy.codes import ProtectionProfile as P

Cipher = Literal["aes-gcm", "aes-cm", "null"]


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """What a profile's code point stands for (RFC 5764 4.1.2, RFC 7714 section 12, RFC 8723 section 10.1)."""

    code: P
    key_length: int
    """Octets of the master key; of both halves for a double profile."""
    salt_length: int
    """Octets of the master salt; of both halves for a double profile."""
    cipher: Cipher
    """Transform of one layer."""
    rtp_tag: int
    """Octets of the SRTP tag of one layer."""
    rtcp_tag: int
    """Octets of the SRTCP tag."""
    openssl_name: str | None
    """Name that OpenSSL's use_srtp interface takes; None when it has none."""
    single: P | None = None
    """For a double profile: the profile that each of its layers runs."""

    @property
    def name(self) -> str:
        """Registry name, as in `codes.ProtectionProfile`."""
        return self.code.name

    @property
    def is_double(self) -> bool:
        """True when the profile has an inner (end-to-end) and an outer (hop-by-hop) layer."""
        return self.single is not None

    @property
    def layer(self) -> SrtpProfile:
        """The single profile that one layer runs; the profile itself when it is single."""
        return self if self.single is None else SRTP_PROFILES[self.single]

    @property
    def export_length(self) -> int:
        """Octets to take from the DTLS exporter, both directions (RFC 5764 section 4.2)."""
        return 2 * (self.key_length + self.salt_length)


_ROWS = (
    SrtpProfile(P.SRTP_AES128_CM_HMAC_SHA1_80, 16, 14, "aes-cm", 10, 10, "SRTP_AES128_CM_SHA1_80"),
    # RFC 5764 4.1.2: the 32-bit tag is for SRTP only, SRTCP keeps 80 bits.
    SrtpProfile(P.SRTP_AES128_CM_HMAC_SHA1_32, 16, 14, "aes-cm", 4, 10, "SRTP_AES128_CM_SHA1_32"),
    SrtpProfile(P.SRTP_NULL_HMAC_SHA1_80, 16, 14, "null", 10, 10, None),
    SrtpProfile(P.SRTP_NULL_HMAC_SHA1_32, 16, 14, "null", 4, 10, None),
    SrtpProfile(P.SRTP_AEAD_AES_128_GCM, 16, 12, "aes-gcm", 16, 16, "SRTP_AEAD_AES_128_GCM"),
    SrtpProfile(P.SRTP_AEAD_AES_256_GCM, 32, 12, "aes-gcm", 16, 16, "SRTP_AEAD_AES_256_GCM"),
    SrtpProfile(
        P.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM,
        32,
        24,
        "aes-gcm",
        16,
        16,
        "SRTP_DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM",
        P.SRTP_AEAD_AES_128_GCM,
    ),
    SrtpProfile(
        P.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM,
        64,
        24,
        "aes-gcm",
        16,
        16,
        "SRTP_DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM",
        P.SRTP_AEAD_AES_256_GCM,
    ),
)

SRTP_PROFILES: Mapping[int, SrtpProfile] = MappingProxyType({row.code: row for row in _ROWS})
"""Every profile that the project knows, by code point."""

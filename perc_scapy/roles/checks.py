# SPDX-License-Identifier: GPL-2.0-only
"""Rules of configuration that several roles share; each raises `ConfigError` with what to do instead."""

from __future__ import annotations

import re

from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import ConfigError

_TLS_ID = re.compile(r"[A-Za-z0-9+/_-]{20,255}")


def check_profile(profile: int, *, hbh_only: bool, what: str) -> None:
    """Refuse a profile that the policy forbids: NULL always, plain ones unless `hbh_only`. Raises `ConfigError`."""
    row = SRTP_PROFILES.get(profile)
    if row is None:
        raise ConfigError(f"{what}: profile 0x{profile:04x} is unknown; use 0x0009 or 0x000a")
    if row.cipher == "null":
        raise ConfigError(f"{what}: profile 0x{profile:04x} does not encrypt; it is never allowed")
    if hbh_only and row.is_double:
        raise ConfigError(f"{what}: hbh_only needs a single profile such as 0x0007, not a double")
    if not hbh_only and not row.is_double:
        raise ConfigError(
            f"{what}: profile 0x{profile:04x} gives the MDD the media keys; "
            "use 0x0009 or 0x000a, or set hbh_only if that is meant"
        )


def check_tls_id(tls_id: str | None, what: str) -> None:
    """RFC 8842 section 4: 20 to 255 characters of ALPHA / DIGIT / "+" / "/" / "-" / "_"; None passes."""
    if tls_id is not None and not _TLS_ID.fullmatch(tls_id):
        raise ConfigError(f"{what}: a tls-id has 20 to 255 characters of A-Z a-z 0-9 + / - _")


def check_mtu(mtu: int, what: str) -> None:
    """A datagram of the inner DTLS must fit one tunnel record; below 256 OpenSSL peers break."""
    if not 256 <= mtu <= 16000:
        raise ConfigError(f"{what}: mtu {mtu} is outside 256 … 16000")

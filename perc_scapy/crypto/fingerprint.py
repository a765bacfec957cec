# SPDX-License-Identifier: BSD-3-Clause
"""Certificate fingerprints in one canonical spelling: `sha-256:` and 64 lower-case hex digits."""

from __future__ import annotations

import hashlib
import re

from perc_scapy.errors import ConfigError

PREFIX = "sha-256:"
_SPELLINGS = re.compile(
    r"(?:a=)?(?:fingerprint[:=\s]\s*)?"  # an SDP line (RFC 8122 section 5) or a TOML habit
    r"(?:sha-?256(?:\s+fingerprint)?[:=\s]\s*)?"  # `openssl x509 -fingerprint` says "sha256 Fingerprint="
    r"(?P<digits>[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})",
    re.IGNORECASE | re.ASCII,
)


def fingerprint(der: bytes) -> str:
    """Canonical SHA-256 fingerprint of a DER certificate (RFC 8122 section 5 gives the hash and its meaning)."""
    return PREFIX + hashlib.sha256(der).hexdigest()


def parse_fingerprint(text: str) -> str:
    """Canonical form of a SHA-256 fingerprint in any usual spelling; raises `ConfigError` for anything else.

    Taken: `sha-256:hex`, `SHA-256 AB:CD:…` (SDP, with or without `a=fingerprint:`), OpenSSL's
    `sha256 Fingerprint=AB:CD:…`, bare hex with or without colons.
    """
    match = _SPELLINGS.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"not a SHA-256 fingerprint: {text.strip()[:100]!r}")
    return PREFIX + match["digits"].replace(":", "").lower()

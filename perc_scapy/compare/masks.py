# SPDX-License-Identifier: GPL-2.0-only
"""Fields that two runs of one conversation never have in common: random octets, ids, counters that start anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

VOLATILE: dict[str, tuple[str, ...]] = {
    "randoms": ("*.random", "*.session_id", "*.cookie", "*.ticket", "*.public", "*.key_exchange", "*.dh_*"),
    "signatures": ("*.signature", "*.verify_data", "*.certificates*", "*.binding_hash", "*.ExtExternal*"),
    "ids": ("*.association_id", "*.conference_id", "*.ssrc", "*.ekt_spi", "ekt.spi", "*.csrc*"),
    "keys": ("*_key", "*_salt", "*_key_value", "*.ciphertext", "*.srtp_mki"),
    "counters": ("*.sequence_number", "*.timestamp", "ohb.seq", "ekt.raw", "*.ekt_ttl"),
    "payloads": ("*.rtp_payload", "*.padding_octets"),
    "reports": ("rtcp.*ntp*", "rtcp.*rtp_timestamp", "rtcp.*packet_count", "rtcp.*octet_count", "rtcp.*jitter",
                "rtcp.*highest*", "rtcp.*last_sr", "rtcp.*delay*", "rtcp.*sender_ssrc", "rtcp.*media_ssrc",
                "rtcp.*sources*", "rtcp.*text", "rtcp.*lost"),
    "lengths": ("*.length", "*.fragment_length"),
}  # fmt: skip
"""Group -> patterns of field paths. The group "lengths" follows from the others (signatures, padding of names)."""


class Masks:
    """`shown` groups are compared although they are volatile; `more` patterns are left out besides."""

    def __init__(self, shown: Iterable[str] = (), more: Iterable[str] = ()) -> None:
        self.groups = [name for name in VOLATILE if name not in set(shown)]
        self._patterns = [p for name in self.groups for p in VOLATILE[name]] + list(more)

    def covers(self, path: str) -> bool:
        """`path`: names from the outermost layer inwards with dots, list places in brackets."""
        return any(
            fnmatchcase(path, pattern) or fnmatchcase("." + path, pattern)
            for pattern in self._patterns
        )

# SPDX-License-Identifier: GPL-2.0-only
"""Rules across fields, by name. A layer lists those that hold for it: `rules = (RecordLimit(16384),)`.

A rule is data plus one function `problem(message, size)`. It sees a Scapy packet or a compiled record,
reads attributes only, and says in words what is wrong, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Literal

from perc_scapy.codes import ProtectionProfile
from perc_scapy.errors import DecodeError

Sender = Literal["mdd", "kmf"]
"""Who sent a tunnel message: the Media Distributor or the Key Distributor."""

HOP_KEY_LENGTHS: Mapping[int, tuple[int, int]] = {
    ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_80: (16, 14),
    ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_32: (16, 14),
    ProtectionProfile.SRTP_NULL_HMAC_SHA1_80: (16, 14),
    ProtectionProfile.SRTP_NULL_HMAC_SHA1_32: (16, 14),
    ProtectionProfile.SRTP_AEAD_AES_128_GCM: (16, 12),
    ProtectionProfile.SRTP_AEAD_AES_256_GCM: (32, 12),
    ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM: (16, 12),
    ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM: (32, 12),
}
"""Octets of key and salt that ONE hop runs with; of a double profile only the outer halves
(RFC 8723 section 5, RFC 8871 section 6.4)."""


class Rule:
    """`on_decode` rules make strict decoding refuse; `on_encode` rules only sending; a note does neither."""

    on_decode, on_encode, note = True, True, False
    severity: ClassVar[Literal["note", "warning", "error"]] = "error"
    """How much it matters to a reader of captures."""

    def problem(self, message: Any, size: int) -> str | None:
        """What is wrong with the message, whose octets number `size`, or None."""
        raise NotImplementedError


class ProfileKeyLength(Rule):
    """Keys and salts are as long as one hop of the protection profile needs.

    A double profile's full lengths are refused with it: they would hand the inner half to the MDD.
    Of a profile that we do not know, no length is asked.
    """

    def __init__(
        self,
        profile: str = "protection_profile",
        keys: tuple[str, str] = ("client_write_SRTP_master_key", "server_write_SRTP_master_key"),
        salts: tuple[str, str] = ("client_write_SRTP_master_salt", "server_write_SRTP_master_salt"),
    ) -> None:
        self.profile, self.keys, self.salts = profile, keys, salts
        self._values = attrgetter(profile, *keys, *salts)

    def problem(self, message: Any, size: int) -> str | None:
        profile, client, server, client_salt, server_salt = self._values(message)
        lengths = HOP_KEY_LENGTHS.get(profile)
        if lengths is None:
            return None
        key, salt = lengths
        if len(client) == len(server) == key and len(client_salt) == len(server_salt) == salt:
            return None
        return self._wrong(message, profile, key, salt)

    def _wrong(self, message: Any, profile: int, key: int, salt: int) -> str:
        expected = dict.fromkeys(self.keys, key) | dict.fromkeys(self.salts, salt)
        found = {name: len(getattr(message, name)) for name in expected}
        name = next(name for name in expected if found[name] != expected[name])
        return f"{name} has {found[name]} octets, profile {profile:#06x} needs {expected[name]}"


@dataclass(frozen=True)
class RecordLimit(Rule):
    """The message fits one record's plaintext (RFC 5246 section 6.2.1: 2^14). Asked only of senders:
    what arrived has passed the record layer, and a dissector shows more."""

    octets: int = 16384
    on_decode = False

    def problem(self, message: Any, size: int) -> str | None:
        return None if size <= self.octets else f"{size} octets, one record holds {self.octets}"


@dataclass(frozen=True)
class UuidVersion4(Rule):
    """The id should be a random UUID (RFC 9185 section 6.4); others are accepted and noted."""

    field: str = "association_id"
    on_decode, on_encode, note = False, False, True

    def problem(self, message: Any, size: int) -> str | None:
        value = bytes(getattr(message, self.field))
        if len(value) == 16 and value[6] >> 4 == 4 and value[8] >> 6 == 2:
            return None
        return f"{self.field} is not a version 4 UUID"


@dataclass(frozen=True)
class SentBy(Rule):
    """Message types that only one side may send; a direction is not in the octets, so this rule is
    asked with `check_direction`."""

    field: str
    senders: Mapping[int, Sender]
    on_decode, on_encode = False, False

    def problem(self, message: Any, size: int) -> str | None:
        return None

    def misdirected(self, message: Any, sender: Sender) -> str | None:
        """Why `sender` may not send this message, or None."""
        only = self.senders.get(getattr(message, self.field))
        if only is None or only == sender:
            return None
        return f"{self.field} {getattr(message, self.field)} comes only from the {only}"


def check_direction(rules: tuple[Rule, ...], message: Any, sender: Sender) -> None:
    """Raise `DecodeError` when one of the `SentBy` rules forbids this sender the message."""
    for rule in rules:
        problem = rule.misdirected(message, sender) if isinstance(rule, SentBy) else None
        if problem is not None:
            raise DecodeError(problem)

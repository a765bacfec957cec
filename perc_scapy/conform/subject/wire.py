# SPDX-License-Identifier: GPL-2.0-only
"""A tunnel message as it is on the wire, good or bad, in either version."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls.record import Record, split_records


class WireFault(NamedTuple):
    """Which rule of form a message breaks, and how."""

    id: str
    text: str


class RawKeys(NamedTuple):
    """Key fields as they stand, of any length; a repr never shows them."""

    profile: int
    client_key: bytes
    server_key: bytes
    client_salt: bytes
    server_salt: bytes

    def __repr__(self) -> str:
        return f"RawKeys({self.profile:#06x}, {self.lengths})"

    @property
    def lengths(self) -> tuple[int, int, int, int]:
        """Octets of client key, server key, client salt, server salt."""
        return (
            len(self.client_key),
            len(self.server_key),
            len(self.client_salt),
            len(self.server_salt),
        )

    @property
    def due(self) -> tuple[int, int, int, int] | None:
        """What these should be: one layer of the profile; None when nobody knows the profile."""
        row = SRTP_PROFILES.get(self.profile)
        if row is None:
            return None
        return (row.layer.key_length,) * 2 + (row.layer.salt_length,) * 2


@dataclass
class WireMessage:
    """One message. Fields that it has not, or that a fault hides, are None."""

    packet: int
    time: float
    from_client: bool
    """Sent by the (D)TLS client of the tunnel."""
    number: int
    """Of the DTLS record; 0 in a stream."""
    raw: bytes = field(repr=False)
    from_mdd: bool = True
    type: int | None = None
    version: bytes | None = None
    association_id: bytes | None = None
    conference_id: bytes | None = None
    profiles: tuple[int, ...] | None = None
    mki: bytes | None = None
    keys: RawKeys | None = None
    dtls: bytes | None = field(default=None, repr=False)
    fault: WireFault | None = None

    @cached_property
    def records(self) -> list[Record]:
        """The endpoint's DTLS inside."""
        return split_records(self.dtls or b"")[0]

    @cached_property
    def handshake_types(self) -> set[int]:
        """Types of handshake messages that begin in records of epoch 0."""
        return {
            record.fragment[0]
            for record in self.records
            if record.type == ContentType.HANDSHAKE and not record.epoch and record.fragment
        }

    @property
    def has_client_hello(self) -> bool:
        return HandshakeType.CLIENT_HELLO in self.handshake_types

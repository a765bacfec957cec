# SPDX-License-Identifier: GPL-2.0-only
"""A record of DTLS or TLS as seen in a capture, and how a datagram is cut into records."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from perc_scapy.codes import ContentType
from perc_scapy.dtls.record import RECORD_HEADER, Record, split_records

UNIFIED = range(0x20, 0x40)
"""First octet of a DTLS 1.3 record with the unified header, 001xxxxx (RFC 9147 section 4)."""


@dataclass(slots=True)
class SeenRecord:
    """One record; `content` appears when it can be read."""

    packet: int
    """Packet number of the capture; of a TLS record the one that completed it."""
    time: float
    sender: Hashable
    """Equal to `session.client` or not: tells the direction, also when addresses change on the way."""
    record: Record
    """As on the wire. Of TLS, `number` is 2**48 times the key's place, and the sequence number under that key."""
    content: bytes | None = field(default=None, repr=False)
    """Plaintext: the fragment itself in epoch 0, None while a protected record is sealed."""
    kind: int = -1
    """Content type; in TLS 1.3 the one that was hidden inside."""
    lost: int = 0
    """Octets of a TCP stream that the capture lacks in front of this record."""

    def __post_init__(self) -> None:
        if self.kind < 0:
            self.kind = self.record.type
        if self.record.epoch == 0:
            self.content = self.record.fragment


class CutDatagram(NamedTuple):
    """What a datagram holds."""

    records: list[Record]
    clean: bool
    """Nothing else is in it."""
    foreign: int | None
    """First octet of a record whose extent only its ends know: DTLS 1.3, or with a connection id."""


def cut_datagram(datagram: bytes) -> CutDatagram:
    """Records of DTLS 1.0 and 1.2 in front, and what kind of record ends the row (RFC 6347 4.1, RFC 9146, RFC 9147)."""
    found, clean = split_records(datagram)
    records: list[Record] = []
    position = 0
    for record in found:
        if _is_foreign(record.type):
            return CutDatagram(records, False, record.type)
        records.append(record)
        position += RECORD_HEADER + len(record.fragment)
    rest = datagram[position : position + 1]
    return CutDatagram(records, clean, rest[0] if rest and _is_foreign(rest[0]) else None)


def _is_foreign(kind: int) -> bool:
    return kind == ContentType.TLS12_CID or kind in UNIFIED

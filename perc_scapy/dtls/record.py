# SPDX-License-Identifier: BSD-3-Clause
"""DTLS 1.2 record layer: splitting datagrams, sequence numbers and protection per epoch, replay (RFC 6347 4.1)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from perc_scapy.codes import ContentType, DtlsVersion
from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.errors import DecodeError, KeyExhaustedError

RECORD_HEADER = 13
MAX_PLAINTEXT = 1 << 14
MAX_FRAGMENT = MAX_PLAINTEXT + 2048
"""RFC 5246 6.2.3: protection may add at most 2048 octets."""
REPLAY_WINDOW = 64
SEQUENCE_LIMIT = 1 << 48
VERSION = int(DtlsVersion.DTLS_1_2)
VERSION_1_0 = int(DtlsVersion.DTLS_1_0)
_HEADER = struct.Struct("!BHQH")
_pack_header = _HEADER.pack
_unpack_header = _HEADER.unpack_from


class Record(NamedTuple):
    """One record as received. `number` is epoch * 2**48 + sequence number."""

    type: int
    version: int
    number: int
    fragment: bytes

    @property
    def epoch(self) -> int:
        return self.number >> 48

    @property
    def sequence(self) -> int:
        return self.number & SEQUENCE_LIMIT - 1


def split_records(datagram: bytes) -> tuple[list[Record], bool]:
    """(complete records, whether the datagram held nothing else).

    RFC 6347 4.1.2.7: what is malformed is dropped silently, so what stands before it still counts.
    """
    records: list[Record] = []
    position, end = 0, len(datagram)
    while position + RECORD_HEADER <= end:
        kind, version, number, length = _unpack_header(datagram, position)
        start = position + RECORD_HEADER
        position = start + length
        if position > end or length > MAX_FRAGMENT or version not in (VERSION, VERSION_1_0):
            return records, False
        records.append(Record(kind, version, number, datagram[start:position]))
    return records, position == end and bool(records)


def first_record(datagram: bytes) -> Record:
    """The first record of a datagram. Raises `DecodeError`."""
    records, _ = split_records(datagram)
    if not records:
        raise DecodeError("no complete DTLS record", 0)
    return records[0]


def encode_record(kind: int, number: int, fragment: bytes, version: int = VERSION) -> bytes:
    """Record header and fragment."""
    return _pack_header(kind, version, number, len(fragment)) + fragment


class EpochWriter:
    """Numbers and protects the records of one epoch that we send."""

    __slots__ = ("_next", "_protection", "overhead")

    def __init__(
        self, epoch: int, protection: RecordProtection | None = None, first: int = 0
    ) -> None:
        self._next = epoch << 48 | first
        self._protection = protection
        self.overhead = RECORD_HEADER + (protection.suite.overhead if protection else 0)
        """Octets that a record adds to its content."""

    def write(self, kind: int, content: bytes) -> bytes:
        """One record. Raises `KeyExhaustedError` rather than wrap the sequence number."""
        number = self._next
        if number & SEQUENCE_LIMIT - 1 == SEQUENCE_LIMIT - 1:
            raise KeyExhaustedError("DTLS sequence numbers of this epoch are used up")
        self._next = number + 1
        if self._protection is not None:
            content = self._protection.seal(number, kind, content)
        return _pack_header(kind, VERSION, number, len(content)) + content

    @property
    def next_number(self) -> int:
        """epoch * 2**48 + sequence number of the record that comes next."""
        return self._next


class ReplayWindow:
    """Sliding window over sequence numbers (RFC 6347 4.1.2.6). Updated only after authentication."""

    __slots__ = ("_bitmap", "_highest", "size")

    def __init__(self, size: int = REPLAY_WINDOW) -> None:
        self.size, self._highest, self._bitmap = size, -1, 0

    def fresh(self, sequence: int) -> bool:
        """Neither seen nor older than the window."""
        behind = self._highest - sequence
        return behind < 0 or (behind < self.size and not self._bitmap >> behind & 1)

    def accept(self, sequence: int) -> None:
        """Remember an authenticated sequence number."""
        ahead = sequence - self._highest
        if ahead <= 0:
            self._bitmap |= 1 << -ahead
            return
        self._highest = sequence
        # a jump past the window empties it; shifting by an attacker's 2**48 would not end
        kept = self._bitmap << ahead if ahead < self.size else 0
        self._bitmap = (kept | 1) & (1 << self.size) - 1


class EpochReader:
    """Opens the records of one protected epoch: replay check, authentication, window update."""

    __slots__ = ("_protection", "_window")

    def __init__(self, protection: RecordProtection) -> None:
        self._protection, self._window = protection, ReplayWindow()

    def open(self, record: Record) -> bytes | None:
        """The content, or None for a repeated or too old record. Raises `AuthenticationError`, `DecodeError`."""
        sequence = record.number & SEQUENCE_LIMIT - 1
        if not self._window.fresh(sequence):
            return None
        content = self._protection.open(record.number, record.type, record.fragment, record.version)
        self._window.accept(sequence)
        if len(content) > MAX_PLAINTEXT:
            raise DecodeError("record content longer than 16384 octets")
        return content


PROTECTED_TYPES = frozenset(
    (ContentType.ALERT, ContentType.HANDSHAKE, ContentType.APPLICATION_DATA, ContentType.ACK)
)
"""What a record of epoch 1 may hold."""

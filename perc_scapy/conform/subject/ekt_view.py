# SPDX-License-Identifier: GPL-2.0-only
"""EKT keys and fields of a capture for judges: who was given which set when, and what fields hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.learned import SALT
from perc_scapy.codes import EktMessageType
from perc_scapy.conform.subject.packets import Heard, Packets, Stream, profile_of
from perc_scapy.crypto.ekt import EktParameters, EktPlaintext, unwrap
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError, DecodeError
from perc_scapy.wire import EktField


class Given(NamedTuple):
    """An EKT parameter set on its way to one endpoint."""

    association: Association
    received: ReceivedEktKey

    @property
    def spi(self) -> int:
        return self.received.parameters.spi


class Announced(NamedTuple):
    """A full EKT field in a packet, and what is inside."""

    heard: Heard
    field: EktField
    plain: EktPlaintext | None
    """None when no known set opens it."""
    problem: str
    """`unknown SPI`, `does not unwrap`, `malformed plaintext`; empty when it opened."""


class EktView:
    """Made once for a capture."""

    def __init__(self, analysis: Analysis, packets: Packets) -> None:
        self._packets = packets
        self.given = [
            Given(a, received) for a in analysis.associations for received in a.ekt_keys()
        ]
        self._opened: dict[tuple[bytes | None, bytes], tuple[EktPlaintext | None, str]] = {}

    @cached_property
    def _sets(self) -> dict[tuple[bytes | None, int], list[EktParameters]]:
        """(conference, SPI) -> different sets of that name."""
        found: dict[tuple[bytes | None, int], list[EktParameters]] = defaultdict(list)
        for given in self.given:
            known = found[given.association.conference_id, given.spi]
            if given.received.parameters not in known:
                known.append(given.received.parameters)
        return dict(found)

    def sets(self, association: Association, spi: int) -> list[EktParameters]:
        """Sets of that SPI in an association's conference; the association itself may not name one."""
        conference = association.conference_id
        return [
            one
            for (owner, name), sets in self._sets.items()
            if name == spi and (owner == conference or None in (owner, conference))
            for one in sets
        ]

    def read(self, association: Association, field: EktField) -> tuple[EktPlaintext | None, str]:
        """What a full field holds; (None, why not) when it does not open."""
        key = association.conference_id, field.raw
        if key not in self._opened:
            self._opened[key] = self._read(association, field)
        return self._opened[key]

    def _read(self, association: Association, field: EktField) -> tuple[EktPlaintext | None, str]:
        sets = self.sets(association, field.spi)
        problem = "does not unwrap" if sets else "unknown SPI"
        for one in sets:
            try:
                plaintext = unwrap(one.key, field.ciphertext)
            except CryptoError:
                continue
            try:
                return EktPlaintext.decode(plaintext), ""
            except DecodeError:
                problem = "malformed plaintext"
        return None, problem

    def announced(self, stream: Stream) -> Iterator[Announced]:
        """Full fields of a stream, in the order of its packets."""
        for heard in stream.packets:
            field = heard.m.opened.ekt
            if field is not None and field.type == EktMessageType.FULL:
                plain, problem = self.read(stream.association, field)
                yield Announced(heard, field, plain, problem)

    @property
    def has_sets(self) -> bool:
        """Somebody's EKT key is known."""
        return bool(self.given)

    @cached_property
    def masters(self) -> dict[str, MasterKey]:
        """End-to-end master keys that fields of the capture hold, by key id."""
        found: dict[str, MasterKey] = {}
        for stream in self._packets.streams:
            for announced in self.announced(stream):
                for one in self.sets(stream.association, announced.field.spi):
                    if announced.plain is not None:
                        master = MasterKey(announced.plain.key, one.salt[:SALT])
                        found.setdefault(master.key.id, master)
        return found

    def opens(self, heard: Heard, key_id: str, roc: int) -> bool | None:
        """Whether a packet's inner layer opens with a key at a rollover counter; None when it cannot be tried."""
        row, master = profile_of(heard.m.association), self.masters.get(key_id)
        if row is None or not row.is_double or master is None or heard.ohb_fault:
            return None
        if (len(master.key), len(master.salt)) != (row.layer.key_length, row.layer.salt_length):
            return None
        header = inner_header(heard)
        context = SrtpContext(row.layer.code, *master)
        try:
            context.open(header, heard.body, roc << 16 | heard.original_seq)
        except (CryptoError, DecodeError):
            return False
        return True


def inner_header(heard: Heard) -> bytes:
    """The synthetic header: originals back, X cleared, cut after the CSRC list (RFC 8723 section 5.3)."""
    header = heard.original[: 12 + 4 * (heard.header[0] & 0x0F)]
    return bytes((header[0] & 0xEF,)) + header[1:]

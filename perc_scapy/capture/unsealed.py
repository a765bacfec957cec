# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs: tunnel messages whose session nobody captured, and DTLS that was written down as it was opened."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

from perc_scapy.capture.dtls_flows import DtlsFlow, client_random
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import ContentType, DtlsVersion, HandshakeType
from perc_scapy.dtls.record import Record
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.transport import Address, Datagram
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import Sender

_EPOCH_1 = 1 << 48
_LATE = {HandshakeType.FINISHED, HandshakeType.EKT_KEY}
"""Handshake messages that are never sent before the ChangeCipherSpec."""


class UnseenSession(DtlsSession):
    """What carried a tunnel, known by nothing but its messages: no handshake, no certificates, no end."""

    def __init__(self, client: Hashable) -> None:
        super().__init__(client, b"")
        self.has_secret = True

    def take(self, pdu: Datagram, sender: Hashable) -> None:
        """A message, as the only content of a record of its own."""
        # Numbers with holes: nobody may conclude that what is not there was not sent.
        number = _EPOCH_1 + 2 * len(self.records) + 1
        record = Record(ContentType.APPLICATION_DATA, DtlsVersion.DTLS_1_2, number, pdu.data)
        self.records.append(SeenRecord(pdu.number, pdu.time, sender, record, pdu.data))


class UnseenTunnel:
    """All tunnel messages between two addresses, in capture order."""

    def __init__(self) -> None:
        self._pdus: list[Datagram] = []

    def add(self, pdu: Datagram) -> None:
        """Take a message; all of them before `session` is asked for."""
        self._pdus.append(pdu)

    @cached_property
    def session(self) -> tuple[DtlsSession, Address, Address]:
        """(session, MDD, KMF): as if the MDD had been the client, as draft-00 has it (section 4)."""
        ends = self._pdus[0].src, self._pdus[0].dst
        mdd, kmf = max(ends, ends[::-1], key=self._fitting)
        session = UnseenSession(mdd)
        for pdu in self._pdus:
            named = (
                mdd != kmf
            )  # PDUs without addresses: only what nobody else may send tells who it was
            session.take(pdu, pdu.src if named else mdd if _legal(pdu.data, "mdd") else None)
        return session, mdd, kmf

    def _fitting(self, ends: tuple[Address, Address]) -> int:
        """How many messages may be sent in the direction that they have, if these are MDD and KMF."""
        sides: tuple[Sender, Sender] = ("mdd", "kmf")
        return sum(_legal(pdu.data, sides[pdu.src != ends[0]]) for pdu in self._pdus)


def _legal(message: bytes, sender: Sender) -> bool:
    return any(_decodes(version, message, sender) for version in TUNNEL_VERSIONS)


def _decodes(version: str, message: bytes, sender: Sender) -> bool:
    try:
        TUNNEL_VERSIONS[version].decode(message, sender)
    except DecodeError:
        return False
    return True


class UnsealedFlow(DtlsFlow):
    """DTLS whose protected records may have been opened before they were written, and so say epoch 0.

    What cannot come before a ChangeCipherSpec gets its epoch back; records that are still sealed stay as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._changed: set[Hashable] = set()

    def _record(self, seen: SeenRecord) -> None:
        record = seen.record
        if client_random(record) is not None:
            self._changed.clear()
        elif record.epoch == 0 and record.type == ContentType.CHANGE_CIPHER_SPEC:
            self._changed.add(seen.sender)
        elif record.epoch == 0 and seen.sender in self._changed and _is_late(record):
            number = record.number + _EPOCH_1
            opened = record._replace(number=number)
            seen = SeenRecord(seen.packet, seen.time, seen.sender, opened, record.fragment)
        super()._record(seen)

    def resolve(self, keylog: KeyLog) -> None:
        """Also without secrets there may be nothing left to open."""
        super().resolve(keylog)
        for session in self.sessions:
            session.as_sent = False
            if not any(session.protected(opened=False)):
                session.has_secret = True


def _is_late(record: Record) -> bool:
    """Not a message of an earlier flight that is sent again."""
    return record.type != ContentType.HANDSHAKE or record.fragment[:1] in map(_octet, _LATE)


def _octet(kind: int) -> bytes:
    return bytes((kind,))

# SPDX-License-Identifier: GPL-2.0-only
"""All DTLS between two ends: cut into associations, each record given to the one whose keys open it."""

from __future__ import annotations

from collections.abc import Hashable

from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import HANDSHAKE_HEADER, read_hello_start
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.dtls.record import Record, split_records
from perc_scapy.errors import DecodeError


class DtlsFlow:
    """Associations between the same two ends, oldest first. A new client random begins a new one."""

    def __init__(self) -> None:
        self.sessions: list[DtlsSession] = []
        self.malformed: list[int] = []
        """Packets that are not whole records from front to end."""
        self._early: list[SeenRecord] = []

    def add(self, packet: int, time: float, sender: Hashable, datagram: bytes) -> None:
        """Take one datagram, in capture order."""
        records, clean = split_records(datagram)
        if not clean:
            self.malformed.append(packet)
        for record in records:
            self._record(SeenRecord(packet, time, sender, record))

    def _record(self, seen: SeenRecord) -> None:
        random = client_random(seen.record)
        if random is not None:
            self._session(seen.sender, random).records.append(seen)
        elif self.sessions:
            self.sessions[-1].records.append(seen)
        else:
            self._early.append(seen)

    def _session(self, client: Hashable, random: bytes) -> DtlsSession:
        for session in self.sessions:
            if (session.client, session.client_random) == (client, random):
                return session
        session = DtlsSession(client, random)
        # Reordering may have put fragments of its own flight before the ClientHello.
        session.records, self._early = self._early, []
        self.sessions.append(session)
        return session

    def resolve(self, keylog: KeyLog) -> None:
        """Open what the key log opens. May be called again with a fuller log."""
        for session in self.sessions:
            session.prepare(keylog)
        for session in list(self.sessions):
            self._open_all(session)
        for session in self.sessions:
            session.records.sort(key=lambda seen: seen.packet)
            session.finish()

    def _open_all(self, session: DtlsSession) -> None:
        kept: list[SeenRecord] = []
        for seen in session.records:
            owner = session if seen.content is not None else self._owner(seen, session)
            (kept if owner is session else owner.records).append(seen)
        session.records = kept

    def _owner(self, seen: SeenRecord, guess: DtlsSession) -> DtlsSession:
        """The association whose keys open the record: a late one may belong to an earlier association."""
        others = [session for session in reversed(self.sessions) if session is not guess]
        return next((session for session in [guess, *others] if session.open(seen)), guess)


def client_random(record: Record) -> bytes | None:
    """Random of a ClientHello that begins in this record; None for anything else."""
    data = record.fragment
    if record.type != ContentType.HANDSHAKE or record.epoch or len(data) < HANDSHAKE_HEADER:
        return None
    if data[0] != HandshakeType.CLIENT_HELLO or data[6:9] != b"\0\0\0":
        return None
    try:
        return read_hello_start(Cursor(data[HANDSHAKE_HEADER:], "ClientHello")).random
    except DecodeError:
        return None

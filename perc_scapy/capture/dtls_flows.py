# SPDX-License-Identifier: GPL-2.0-only
"""All DTLS between two ends: cut into associations, each record given to the one whose keys open it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable

from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.records import SeenRecord, cut_datagram
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import HANDSHAKE_HEADER, read_hello_start
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.dtls.record import Record
from perc_scapy.errors import DecodeError

MAX_EPOCHS = 16
"""Handshakes followed in one association: each renegotiation needs the keys of the one before."""
MAX_OWNERS = 16
"""Associations, before and after the one that it came with, whose keys are tried on a record."""


class DtlsFlow:
    """Associations between the same two ends, oldest first. A new client random begins a new one."""

    def __init__(self) -> None:
        self.sessions: list[DtlsSession] = []
        self._known: dict[tuple[Hashable, bytes], DtlsSession] = {}
        self.malformed: list[int] = []
        """Packets that are not whole records from front to end."""
        self.foreign: list[tuple[int, int]] = []
        """(packet, first octet) of records of DTLS 1.3 and of records with a connection id."""
        self.ends: dict[Hashable, None] = {}
        """Both ends, as far as they are known; the one that was seen first comes first."""
        self.orphans: list[SeenRecord] = []
        """Records before any ClientHello."""

    def add(
        self,
        packet: int,
        time: float,
        sender: Hashable,
        datagram: bytes,
        receiver: Hashable | None = None,
    ) -> None:
        """Take one datagram, in capture order."""
        self.ends.setdefault(sender)
        if receiver is not None:
            self.ends.setdefault(receiver)
        records, clean, foreign = cut_datagram(datagram)
        if foreign is not None:
            self.foreign.append((packet, foreign))
        elif not clean:
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
            self.orphans.append(seen)

    def _session(self, client: Hashable, random: bytes) -> DtlsSession:
        session = self._known.get((client, random))
        if session is None:
            session = DtlsSession(client, random)
            # Reordering may have put fragments of its own flight before the ClientHello.
            session.records, self.orphans = self.orphans, []
            self.append(session)
        return session

    def append(self, session: DtlsSession) -> None:
        """Add an association."""
        self.sessions.append(session)
        self._known[session.client, session.client_random] = session

    def peer_of(self, end: Hashable) -> Hashable | None:
        """The other end, if it is known."""
        return next((other for other in self.ends if other != end), None)

    # -- opening

    def resolve(self, keylog: KeyLog) -> None:
        """Open what the key log opens. May be called again with a fuller log."""
        for epoch in range(1, MAX_EPOCHS):
            sessions = list(self.sessions)
            ready = [n for n, session in enumerate(sessions) if session.prepare(keylog, epoch)]
            if not ready:
                break
            for place, session in enumerate(sessions):
                near = bisect_right(ready, place)
                before = ready[max(0, near - MAX_OWNERS) : near][::-1]
                owners = [sessions[n] for n in (*before, *ready[near : near + MAX_OWNERS])]
                self._open_all(session, owners, epoch)
        for session in self.sessions:
            session.records.sort(key=lambda seen: seen.packet)
            session.finish(keylog)

    def _open_all(self, session: DtlsSession, owners: list[DtlsSession], epoch: int) -> None:
        """Give each record to the one whose keys open it: a late one is of an earlier association, mostly the last."""
        kept: list[SeenRecord] = []
        for seen in session.records:
            closed = seen.content is None and seen.record.epoch == epoch
            owner = next((o for o in owners if o.open(seen)), session) if closed else session
            (kept if owner is session else owner.records).append(seen)
        session.records = kept


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

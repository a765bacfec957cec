# SPDX-License-Identifier: GPL-2.0-only
"""One TCP connection that carries TLS: octets in, a session out."""

from __future__ import annotations

from collections.abc import Hashable

from perc_scapy.capture.dtls_recovery import Trials
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.tls_messages import client_random
from perc_scapy.capture.tls_records import CutRecord, RecordCutter
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.record import Record
from perc_scapy.pcap.streams import StreamChunk

MAX_ORPHANS = 256
"""Records kept while neither a ClientHello nor a ServerHello is known."""
SAMPLE = 8
"""Records behind a ServerHello that are tried with the key log's sessions, one after the other."""
MAX_KEPT = 1 << 26
"""Octets kept of one connection: a tunnel is far below it, a download is of no interest."""


class TlsFlow:
    """Feed the chunks of both directions of one connection; `sessions` has one session, or none."""

    def __init__(self) -> None:
        self.sessions: list[TlsSession] = []
        self.ends: dict[Hashable, None] = {}
        """Both ends."""
        self.orphans: list[SeenRecord] = []
        """Records before any ClientHello."""
        self.left_out = 0
        """Records beyond `MAX_KEPT` octets."""
        self._kept = 0
        self._server: Hashable | None = None
        """Who sent a ServerHello before any ClientHello was seen."""
        self._cutters: dict[Hashable, RecordCutter] = {}

    @property
    def is_tls(self) -> bool:
        """At least one direction looks like TLS."""
        return any(cutter.records for cutter in self._cutters.values())

    @property
    def refused(self) -> bool:
        """Neither direction begins as TLS does."""
        return all(cutter.refused for cutter in self._cutters.values()) and not self.is_tls

    def add(self, chunk: StreamChunk) -> None:
        """Take octets, in the order in which a stream reader gives them."""
        self.ends.setdefault(chunk.src)
        self.ends.setdefault(chunk.dst)
        cutter = self._cutters.setdefault(chunk.src, RecordCutter())
        for cut in cutter.feed(chunk.number, chunk.time, chunk.data, chunk.lost):
            self._record(chunk.src, cut)

    def _record(self, sender: Hashable, cut: CutRecord) -> None:
        self._kept += len(cut.fragment)
        if self._kept > MAX_KEPT:
            self.left_out += 1
            return
        record = Record(cut.type, cut.version, 0, cut.fragment)
        seen = SeenRecord(cut.packet, cut.time, sender, record, lost=cut.lost)
        if self.sessions:
            self.sessions[0].records.append(seen)
            return
        handshake = cut.type == ContentType.HANDSHAKE
        random = client_random(cut.fragment) if handshake else None
        if random is not None:
            self.sessions.append(TlsSession(sender, random))
            self.sessions[0].records = [*self.orphans, seen]
            self.orphans = []
            return
        if handshake and cut.fragment[0] == HandshakeType.SERVER_HELLO:
            self._server = self._server or sender
        if self._server is not None or len(self.orphans) < MAX_ORPHANS:
            self.orphans.append(seen)

    def peer_of(self, end: Hashable) -> Hashable | None:
        """The other end."""
        return next((other for other in self.ends if other != end), None)

    def resolve(self, keylog: KeyLog, trials: Trials | None = None) -> None:
        """Open what the key log opens. May be called again with a fuller log.

        A connection whose ClientHello is not in the capture is tried with all sessions of the log, within `trials`.
        """
        if not self.sessions and self._server is not None:
            self._recover(keylog, Trials() if trials is None else trials)
        for session in self.sessions:
            session.resolve(keylog)

    def _recover(self, keylog: KeyLog, trials: Trials) -> None:
        client = self.peer_of(self._server)
        sample = [seen for seen in self.orphans if seen.sender == self._server][:SAMPLE]
        for random in keylog.randoms():
            if not trials.take():
                return
            session = TlsSession(client, random)
            session.records = sample
            session.resolve(keylog)
            if any(session.protected(opened=True)):
                session.records, self.orphans = self.orphans, []
                self.sessions.append(session)
                return

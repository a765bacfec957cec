# SPDX-License-Identifier: GPL-2.0-only
"""Everything of a capture that is secured by DTLS or TLS: flows between addresses, their sessions, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.dtls_recovery import Trials, homes, rebind, recover
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.notes import Note, in_order
from perc_scapy.capture.session_notes import flow_notes, keylog_notes
from perc_scapy.capture.tls_flows import TlsFlow
from perc_scapy.capture.tls_notes import tls_flow_notes
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.capture.unsealed import UnsealedFlow, UnseenTunnel
from perc_scapy.pcap.exported import TUNNEL
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.pcap.streams import StreamChunk

MAX_OTHERS = 1 << 16
"""TCP connections remembered as not TLS; of one that is forgotten, octets are looked at again."""
_Session = TypeVar("_Session", DtlsSession, TlsSession)


class FlowTable:
    """Feed it in capture order, then `resolve`. Never raises on untrusted octets."""

    def __init__(self) -> None:
        self._dtls: dict[frozenset[Address], DtlsFlow] = {}
        self._unseen: dict[frozenset[Address], UnseenTunnel] = {}
        self._tls: dict[tuple[frozenset[Address], int], TlsFlow] = {}
        self._not_tls: dict[tuple[frozenset[Address], int], None] = {}

    def add_datagram(
        self, number: int, time: float, src: Address, dst: Address, data: bytes
    ) -> None:
        """A UDP payload that `wire.classify` calls `dtls`."""
        flow = self._dtls.setdefault(frozenset((src, dst)), DtlsFlow())
        flow.add(number, time, src, data, dst)

    def add_pdu(self, pdu: Datagram) -> None:
        """An exported PDU of a tunnel or of DTLS; others are left to those who read media."""
        if pdu.protocol == TUNNEL:
            self._unseen.setdefault(pdu.flow, UnseenTunnel()).add(pdu)
        elif pdu.protocol == "dtls":
            flow = self._dtls.setdefault(pdu.flow, UnsealedFlow())
            flow.add(pdu.number, pdu.time, pdu.src, pdu.data, pdu.dst)

    def add_chunk(self, chunk: StreamChunk) -> None:
        """Octets of any TCP connection; what is not TLS is dropped."""
        key = chunk.flow, chunk.connection
        if key in self._not_tls:
            return
        flow = self._tls.setdefault(key, TlsFlow())
        flow.add(chunk)
        if flow.refused:
            del self._tls[key]
            self._not_tls[key] = None
            if len(self._not_tls) > MAX_OTHERS:
                del self._not_tls[next(iter(self._not_tls))]

    def _flows(self) -> list[DtlsFlow | TlsFlow]:
        return [*self._dtls.values(), *self._tls.values()]

    # -- opening

    def resolve(self, keylog: KeyLog) -> None:
        """Open what the key log opens. May be called again with a fuller log."""
        trials = Trials()
        for flow in self._dtls.values():
            flow.resolve(keylog)
        for connection in self._tls.values():
            connection.resolve(keylog, trials)
        self._resumed(keylog)
        for dtls in self._dtls.values():
            if recover(dtls, keylog, trials):
                dtls.resolve(keylog)
        self._rebound(keylog, trials)

    def _resumed(self, keylog: KeyLog) -> None:
        """Session ids and tickets were learned on the way, perhaps after the session that used them."""
        if not keylog.learned:
            return
        for flow in self._flows():
            if any(not session.has_secret for session in flow.sessions):
                flow.resolve(keylog)

    def _rebound(self, keylog: KeyLog, trials: Trials) -> None:
        flows = list(self._dtls.values())
        known = homes(flows)
        moved = [flow for flow in flows if rebind(flow, known, trials)]
        if moved:
            for flow in flows:
                flow.resolve(keylog)

    # -- reading

    def sessions(self) -> list[tuple[DtlsSession, Address, Address]]:
        """(session, client, server) of every DTLS association, oldest first."""
        found = [item for flow in self._dtls.values() for item in _with_ends(flow, flow.sessions)]
        found += [tunnel.session for tunnel in self._unseen.values()]
        return sorted(found, key=lambda item: item[0].records[0].packet)

    def tls_sessions(self) -> list[tuple[TlsSession, Address, Address]]:
        """(session, client, server) of every TLS connection, oldest first."""
        found = [item for flow in self._tls.values() for item in _with_ends(flow, flow.sessions)]
        return sorted(found, key=lambda item: item[0].records[0].packet)

    @property
    def malformed(self) -> list[int]:
        """Packets that are not whole records from front to end."""
        return sorted(packet for flow in self._dtls.values() for packet in flow.malformed)

    def notes(self, keylog: KeyLog) -> list[Note]:
        """What there is to say of all of them. `keylog`: the one that they were resolved with."""
        found = [note for flow in self._dtls.values() for note in flow_notes(flow, keylog)]
        found += [note for flow in self._tls.values() for note in tls_flow_notes(flow, keylog)]
        everyone = [session for session, _, _ in self.sessions()]
        found += keylog_notes([*everyone, *(s for s, _, _ in self.tls_sessions())], keylog)
        return in_order(found)


def _with_ends(
    flow: DtlsFlow | TlsFlow, sessions: Iterable[_Session]
) -> Iterator[tuple[_Session, Address, Address]]:
    for session in sessions:
        client = session.client
        server = flow.peer_of(client) or client
        if session.records and isinstance(client, Address) and isinstance(server, Address):
            yield session, client, server

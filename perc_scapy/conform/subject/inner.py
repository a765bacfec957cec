# SPDX-License-Identifier: GPL-2.0-only
"""One endpoint association for judges: both sights of it together, and which datagrams carry what."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession, ReceivedEktKey
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import ContentType, ExtensionType, HandshakeType
from perc_scapy.conform.subject.tunnel_view import TunnelView
from perc_scapy.conform.subject.wire import WireMessage
from perc_scapy.dtls import extensions
from perc_scapy.dtls.codec import ClientHello, ServerHello, decode_certificate
from perc_scapy.errors import DecodeError

FIRST_OF_EPOCH_1 = 1 << 48
"""Number of the first protected record: a Finished, unless it is a repeat."""


class InnerView:
    """`tunnel` is None for an association that was seen on its own link only."""

    def __init__(self, association: Association, tunnel: TunnelView | None) -> None:
        self.association, self.tunnel = association, tunnel

    # -- its handshake

    @property
    def sessions(self) -> list[DtlsSession]:
        return self.association.sessions

    @cached_property
    def client_hello(self) -> ClientHello | None:
        return next((h for s in self.sessions if (h := s.client_hello)), None)

    @cached_property
    def server_hello(self) -> ServerHello | None:
        return next((h for s in self.sessions if (h := s.server_hello)), None)

    def first(self, kind: int, from_client: bool) -> HandshakeMessage | None:
        """The first handshake message of a type from one side, wherever it was seen first."""
        found = [m for s in self.sessions if (m := s.first(kind, from_client))]
        return min(found, key=lambda m: m.packet, default=None)

    @cached_property
    def offered_profiles(self) -> tuple[int, ...]:
        """use_srtp of the ClientHello; empty when it has none that can be read."""
        hello = self.client_hello
        data = None if hello is None else hello.extensions.get(ExtensionType.USE_SRTP)
        try:
            return () if data is None else extensions.decode_use_srtp(data).profiles
        except DecodeError:
            return ()

    @cached_property
    def offered_ciphers(self) -> tuple[int, ...]:
        """supported_ekt_ciphers of the ClientHello; empty when it has none that can be read."""
        hello = self.client_hello
        data = None if hello is None else hello.extensions.get(ExtensionType.SUPPORTED_EKT_CIPHERS)
        try:
            return () if data is None else extensions.decode_ekt_ciphers(data)
        except DecodeError:
            return ()

    def certificates(self, from_client: bool) -> tuple[bytes, ...] | None:
        """The chain that one side showed, which may be empty; None when it sent no Certificate."""
        message = self.first(HandshakeType.CERTIFICATE, from_client)
        try:
            return None if message is None else decode_certificate(message.body)
        except DecodeError:
            return ()

    # -- Finished

    @cached_property
    def _finished(self) -> dict[bool, set[int]]:
        """Side -> numbers of the records that carry its Finished."""
        found: dict[bool, set[int]] = {True: set(), False: set()}
        for session in self.sessions:
            for from_client in (True, False):
                message = session.first(HandshakeType.FINISHED, from_client)
                if message is not None and message.epoch:
                    found[from_client] |= _records_of(session, message)
        sealed = not any(s.has_secret for s in self.sessions)
        for numbers in found.values():
            if sealed and not numbers:
                numbers.add(FIRST_OF_EPOCH_1)
        return found

    def carries_finished(self, message: WireMessage) -> bool:
        """Whether a tunnel message holds the Finished of the side that it comes from, first sent or again."""
        numbers = self._finished[message.from_mdd]
        return any(r.type == ContentType.HANDSHAKE and r.number in numbers for r in message.records)

    def finished_number(self, from_client: bool) -> int | None:
        """Number of the first record with a side's Finished."""
        return min(self._finished[from_client], default=None)

    def finished_packet(self, from_client: bool) -> int | None:
        """Where a side's Finished is seen first."""
        numbers = self._finished[from_client]
        packets = [
            seen.packet
            for session in self.sessions
            for seen in session.records
            if seen.record.number in numbers
            and seen.record.type == ContentType.HANDSHAKE
            and (seen.sender == session.client) == from_client
        ]
        return min(packets, default=None)

    # -- in the tunnel

    @cached_property
    def messages(self) -> list[WireMessage]:
        """Tunnel messages with its association id; an id may be shared with an earlier association."""
        carrier = self.association.carrier
        if self.tunnel is None or carrier is None:
            return []
        return self.tunnel.of(carrier.association_id)

    @cached_property
    def key_messages(self) -> list[WireMessage]:
        """Those with keys, refused ones included."""
        return [m for m in self.messages if m.keys is not None]

    @property
    def alone(self) -> bool:
        """No other association was carried under its id."""
        carrier = self.association.carrier
        return carrier is not None and len(carrier.flow.sessions) == 1

    # -- EKT

    def ekt_keys(self) -> Iterator[tuple[DtlsSession, ReceivedEktKey]]:
        """Every ekt_key in every sight of the association."""
        return ((s, received) for s in self.sessions for received in s.ekt_keys())

    def ekt_messages(self) -> Iterator[tuple[DtlsSession, HandshakeMessage]]:
        """Every ekt_key message, readable or not, from either side, in any epoch."""
        for session in self.sessions:
            for message in session.messages:
                if message.type == HandshakeType.EKT_KEY:
                    yield session, message

    def records(self) -> Iterator[tuple[DtlsSession, SeenRecord]]:
        """All records of all sights."""
        return ((s, seen) for s in self.sessions for seen in s.records)


def _records_of(session: DtlsSession, message: HandshakeMessage) -> set[int]:
    """As `DtlsSession.numbers_of`, of one direction only."""
    ours = {
        seen.record.number
        for seen in session.records
        if (seen.sender == session.client) == message.from_client
    }
    return session.numbers_of(message) & ours


def has_all(session: DtlsSession) -> bool:
    """No record is missing between the first and the last of each side; a client begins at number 0."""
    sides: dict[bool, set[int]] = {True: set(), False: set()}
    for seen in session.records:
        sides[seen.sender == session.client].add(seen.record.number)
    whole = all(_follows(a, b) for side in sides.values() for a, b in pairwise(sorted(side)))
    return whole and min(sides[True], default=0) == 0


def _follows(number: int, later: int) -> bool:
    fresh = later & (FIRST_OF_EPOCH_1 - 1) == 0 and later >> 48 == (number >> 48) + 1
    return later == number + 1 or fresh

# SPDX-License-Identifier: GPL-2.0-only
"""One TLS connection, 1.1 to 1.3, as a bystander with its secrets sees it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.openers import Opener, can_open, find_master
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.secured import Opened, SecuredSession, parse_server_hello
from perc_scapy.capture.tls_keys import (
    HANDSHAKE,
    Direction,
    Found,
    Gaps,
    Tls12Direction,
    Tls13Direction,
    traffic_secrets,
)
from perc_scapy.capture.tls_messages import (
    END_OF_EARLY_DATA,
    HELLO_RETRY,
    KEY_UPDATE,
    MessageStream,
    decode_certificate13,
    decode_client_hello,
)
from perc_scapy.codes import ContentType, ExtensionType, HandshakeType
from perc_scapy.crypto.tls13 import TLS13_SUITES
from perc_scapy.dtls import codec
from perc_scapy.errors import DecodeError

TLS_1_3 = 0x0304
MAX_HANDSHAKES = 16
"""Renegotiations followed in one connection."""


class _Side:
    """Where one direction stands."""

    def __init__(self, from_client: bool) -> None:
        self.from_client = from_client
        self.messages = MessageStream(from_client)
        self.gaps = Gaps()
        self.direction: Direction | None = None
        """None while records are in clear."""
        self.epoch = 0


class TlsSession(SecuredSession):
    """One connection. Feed `records`, then `resolve`; everything else reads what came out."""

    def __init__(self, client: Hashable, client_random: bytes) -> None:
        super().__init__(client, client_random)
        self._openers: dict[int, Opener | None] = {}
        self._hello: codec.ServerHello | None = None

    # -- reading the records

    def resolve(self, keylog: KeyLog) -> None:
        """Open what the key log opens. May be called again with a fuller log."""
        self.messages, self._openers, self._hello = [], {}, self._find_hello()
        self.has_secret = keylog.knows(self.client_random)
        sides = {True: _Side(True), False: _Side(False)}
        for seen in self.records:
            self._read(seen, sides[seen.sender == self.client], keylog)
        self._learn(keylog)

    def _find_hello(self) -> codec.ServerHello | None:
        """Looked for in advance: early data come before it, and are under keys that it chooses."""
        stream, found = MessageStream(False), None
        for seen in self.records:
            if seen.sender == self.client:
                continue
            if seen.lost:
                stream.restart()
            if seen.record.type == ContentType.HANDSHAKE:
                for message in stream.feed(seen.packet, 0, seen.record.fragment):
                    hello = parse_server_hello(message.body)
                    if message.type == HandshakeType.SERVER_HELLO and hello is not None:
                        found = hello
            if found is not None and found.random != HELLO_RETRY:
                break
        return found

    def _read(self, seen: SeenRecord, side: _Side, keylog: KeyLog) -> None:
        _forget(seen)
        missing = side.gaps.places(seen.lost)
        if seen.lost:
            side.messages.restart()
        if self._protected(seen, side, keylog):
            self._open(seen, side, missing, keylog)
        else:
            self._take(seen, side, keylog)

    def _protected(self, seen: SeenRecord, side: _Side, keylog: KeyLog) -> bool:
        """Whether a record is protected; before the first one that is, the direction gets its keys."""
        kind = seen.record.type
        if self.negotiated == TLS_1_3:
            if kind == ContentType.APPLICATION_DATA and side.direction is None:
                side.direction = self._direction13(side, keylog)
            return kind == ContentType.APPLICATION_DATA
        if side.direction is None and kind == ContentType.APPLICATION_DATA:
            self._change(side, keylog)  # its ChangeCipherSpec is lost
        return side.direction is not None

    def _take(self, seen: SeenRecord, side: _Side, keylog: KeyLog) -> None:
        """A record in clear."""
        if seen.record.type == ContentType.HANDSHAKE:
            self._handshake(seen, side, 0)
        elif seen.record.type == ContentType.CHANGE_CIPHER_SPEC and self.negotiated != TLS_1_3:
            self._change(side, keylog)

    def _open(self, seen: SeenRecord, side: _Side, missing: int, keylog: KeyLog) -> None:
        found = None if side.direction is None else side.direction.open(seen.record, missing)
        epoch = side.epoch or 1 if found is None else found.place.epoch
        _seal(seen, epoch, found)
        if found is None:
            side.gaps.miss()
            side.messages.restart()
            return
        side.gaps.hit()
        if found.kind == ContentType.HANDSHAKE:
            self._handshake(seen, side, epoch)
        elif found.kind == ContentType.CHANGE_CIPHER_SPEC:
            self._change(side, keylog)

    def _handshake(self, seen: SeenRecord, side: _Side, epoch: int) -> None:
        for message in side.messages.feed(seen.packet, epoch, seen.content or b""):
            self.messages.append(message)
            if self.negotiated == TLS_1_3 and side.direction is not None and _ends_keys(message):
                side.direction.advance()
                side.messages.restart()

    # -- keys

    def _direction13(self, side: _Side, keylog: KeyLog) -> Direction:
        hello = self.server_hello
        suite = None if hello is None else TLS13_SUITES.get(hello.cipher_suite)
        secrets = traffic_secrets(keylog, self.client_random, from_client=side.from_client)
        if suite is None:
            return Tls12Direction(None, side.from_client, 1)
        return Tls13Direction(suite, secrets)

    def _change(self, side: _Side, keylog: KeyLog) -> None:
        """ChangeCipherSpec: the keys of the handshake that was last in clear, or under the keys before."""
        side.epoch += 1
        side.messages.restart()
        if side.epoch not in self._openers and side.epoch <= MAX_HANDSHAKES:
            self._openers[side.epoch] = self._opener(side.epoch, keylog)
        opener = self._openers.get(side.epoch)
        side.direction = Tls12Direction(opener, side.from_client, side.epoch)

    def _opener(self, epoch: int, keylog: KeyLog) -> Opener | None:
        messages = [m for m in self.messages if m.epoch == epoch - 1]
        hello = next((parse_server_hello(m.body) for m in self.server_hellos(epoch - 1)), None)
        offered = _client_hello(messages)
        random = self.client_random if offered is None else offered.random
        if hello is None or not can_open(hello):
            return None
        ticket = (
            b"" if offered is None else offered.extensions.get(ExtensionType.SESSION_TICKET, b"")
        )
        master = find_master(keylog, random, hello, messages, (ticket,))
        if master is None:
            return None
        self.has_secret = True
        return Opener(hello, master, random)

    def _learn(self, keylog: KeyLog) -> None:
        opener = self._openers.get(1)
        if opener is not None and opener.confirmed:
            keylog.learn(opener.hello.session_id, opener.master)
            for message in self.all(HandshakeType.NEW_SESSION_TICKET, False):
                try:
                    keylog.learn(codec.decode_new_session_ticket(message.body), opener.master)
                except DecodeError:
                    continue

    # -- what the handshake says

    @property
    def server_hello(self) -> codec.ServerHello | None:
        """The ServerHello that counts."""
        return self._hello

    @property
    def client_hello(self) -> codec.ClientHello | None:
        """The last ClientHello of the first handshake; its cookie is empty."""
        return _client_hello([m for m in self.messages if not m.epoch])

    def _chain(self, body: bytes) -> tuple[bytes, ...]:
        return decode_certificate13(body) if self.negotiated == TLS_1_3 else super()._chain(body)

    @property
    def early_data(self) -> bool:
        """The client sent, or wanted to send, application data before the handshake (RFC 8446 section 4.2.10)."""
        hellos = [m for m in self.all(HandshakeType.CLIENT_HELLO, True) if not m.epoch]
        offered = [_client_hello([hello]) for hello in hellos]
        return any(h is not None and ExtensionType.EARLY_DATA in h.extensions for h in offered)

    # -- what the keys open

    def contents(self, kind: int) -> Iterator[Opened]:
        """Readable contents of one record type, in the order of their direction's stream."""
        broken = {True: False, False: False}
        for seen in self.records:
            ours = seen.sender == self.client
            broken[ours] |= seen.lost > 0 or seen.content is None
            if seen.kind == kind and seen.record.epoch and seen.content is not None:
                number = seen.record.number
                yield Opened(seen.packet, seen.time, ours, number, seen.content, broken[ours])
                broken[ours] = False

    @property
    def mistrusted(self) -> bool:
        """There are secrets, and not one protected record opens with them."""
        closed = any(self.protected(opened=False))
        return self.has_secret and closed and not any(self.protected(opened=True))


def _forget(seen: SeenRecord) -> None:
    """As it was before any key log was asked."""
    record = seen.record
    seen.record = record._replace(number=0)
    seen.kind, seen.content = record.type, record.fragment


def _seal(seen: SeenRecord, epoch: int, found: Found | None) -> None:
    sequence = 0 if found is None else found.place.sequence
    seen.record = seen.record._replace(number=epoch << 48 | sequence)
    seen.content = None if found is None else found.content
    if found is not None:
        seen.kind = found.kind


def _ends_keys(message: HandshakeMessage) -> bool:
    """The sender's next record is under its next keys (RFC 8446 sections 2, 4.5, 4.6.3)."""
    if message.type == HandshakeType.FINISHED:
        return message.epoch == HANDSHAKE
    return message.type in (END_OF_EARLY_DATA, KEY_UPDATE)


def _client_hello(messages: list[HandshakeMessage]) -> codec.ClientHello | None:
    hellos = [m.body for m in messages if m.type == HandshakeType.CLIENT_HELLO and m.from_client]
    for body in reversed(hellos):
        try:
            return decode_client_hello(body)
        except DecodeError:
            continue
    return None

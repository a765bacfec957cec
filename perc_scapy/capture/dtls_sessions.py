# SPDX-License-Identifier: GPL-2.0-only
"""One association of DTLS 1.0 or 1.2 as a bystander with its secrets sees it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import NamedTuple

from perc_scapy.capture.handshakes import Assembly, HandshakeMessage, fragments_of
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.openers import Opener, can_open, find_master
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.secured import Opened, SecuredSession, parse_server_hello, profile_of
from perc_scapy.codes import ContentType, ExtensionType, HandshakeType
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import EXPORTER_LABEL, ExportedKeys, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.dtls import codec, extensions
from perc_scapy.dtls.record import Record
from perc_scapy.errors import DecodeError

MAX_SERVER_HELLOS = 64
"""Different ServerHellos tried for one ClientHello: a restarted server, or somebody's forgeries."""
MAX_RESTARTS = 4
"""ServerHellos of which records are expected once one of them has proved right."""
MAX_TRIES = 50_000
"""Openings tried in vain before a secret that never opened anything is given up."""

__all__ = ["DtlsSession", "Opened", "ReceivedEktKey"]


class ReceivedEktKey(NamedTuple):
    """An ekt_key message and the packet that completed it."""

    packet: int
    time: float
    parameters: EktParameters
    message: HandshakeMessage


class DtlsSession(SecuredSession):
    """One association. Feed `records`, then let its flow resolve it; everything else reads what came out."""

    def __init__(self, client: Hashable, client_random: bytes) -> None:
        super().__init__(client, client_random)
        self.repeats = 0
        """Messages seen again: retransmissions."""
        self._tries = 0
        """Openings tried with secrets that never opened anything."""
        self._openers: dict[int, list[Opener]] = {}
        """By epoch: of the handshake that leads there, under each of its ServerHellos."""

    # -- reading the records

    def prepare(self, keylog: KeyLog, epoch: int = 1) -> bool:
        """Find the keys of an epoch in the handshake before it; True when there are any."""
        self._assemble()
        before = [m for m in self.messages if m.epoch == epoch - 1]
        every = (
            opener
            for random, tickets in self._client_hellos(before, epoch)
            for opener in self._make(keylog, random, tickets, before)
        )
        found = list(islice(every, MAX_SERVER_HELLOS))
        if epoch == 1:
            self._tries = 0
            self.has_secret = bool(found) or keylog.knows(self.client_random)
        known = self._openers.get(epoch, [])
        if not any(opener.confirmed for opener in known):
            self._openers[epoch] = found
        return bool(self._openers[epoch])

    def _client_hellos(
        self, messages: list[HandshakeMessage], epoch: int
    ) -> list[tuple[bytes, tuple[bytes, ...]]]:
        """(client random, tickets offered) of a handshake; the random alone when its ClientHello is lost."""
        found: dict[bytes, tuple[bytes, ...]] = {} if epoch > 1 else {self.client_random: ()}
        for message in messages:
            if message.type == HandshakeType.CLIENT_HELLO and message.from_client:
                hello = _client_hello(message.body)
                if hello is not None and (epoch > 1 or hello.random == self.client_random):
                    ticket = hello.extensions.get(ExtensionType.SESSION_TICKET, b"")
                    found[hello.random] = (ticket,) if ticket else ()
        return list(found.items())[:MAX_SERVER_HELLOS]

    def _make(
        self,
        keylog: KeyLog,
        random: bytes,
        tickets: tuple[bytes, ...],
        messages: list[HandshakeMessage],
    ) -> Iterator[Opener]:
        bodies = dict.fromkeys(m.body for m in messages if m.type == HandshakeType.SERVER_HELLO)
        for body in list(bodies)[:MAX_SERVER_HELLOS]:
            hello = parse_server_hello(body)
            if hello is not None and can_open(hello):
                master = find_master(keylog, random, hello, messages, tickets)
                if master is not None:
                    yield Opener(hello, master, random)

    def adopt(self, opener: Opener) -> None:
        """Keys of epoch 1 that were found by trial, for want of a ClientHello."""
        self._openers[1], self.has_secret = [opener], True

    def open(self, seen: SeenRecord) -> bool:
        """Read one protected record; False when it is not ours."""
        openers, from_client = self._openers.get(seen.record.epoch, []), seen.sender == self.client
        for index in range(self._worth_trying(openers)):
            content = openers[index].open(seen.record, from_client)
            if content is not None:
                seen.content = content
                openers.insert(0, openers.pop(index))
                return True
        return False

    def _worth_trying(self, openers: list[Opener]) -> int:
        """How many: all until one has opened something, then the next few, for a server that was restarted."""
        if openers and openers[0].confirmed:
            return min(len(openers), MAX_RESTARTS)
        self._tries += len(openers)
        return 0 if self._tries > MAX_TRIES else len(openers)

    def opens(self, record: Record, *, from_client: bool) -> bool:
        """Whether the keys of the record's epoch open it, sent in this direction."""
        openers = self._openers.get(record.epoch, [])
        return any(opener.open(record, from_client) is not None for opener in openers)

    def finish(self, keylog: KeyLog) -> None:
        """All records are open that ever will be: put the messages together, learn what resumption will need."""
        self._assemble()
        opener = self.opener
        if opener is not None and opener.confirmed:
            keylog.learn(opener.hello.session_id, opener.master)
            for message in self.all(HandshakeType.NEW_SESSION_TICKET, False):
                keylog.learn(_ticket(message.body), opener.master)

    def _assemble(self) -> None:
        assembly = Assembly()
        self.messages = [
            message
            for seen in self.records
            if seen.record.type == ContentType.HANDSHAKE and seen.content is not None
            for message in assembly.add(seen, seen.sender == self.client)
        ]
        self.repeats = assembly.repeats

    # -- what the handshake says

    @property
    def opener(self) -> Opener | None:
        """Keys of the first handshake."""
        return next(iter(self._openers.get(1, ())), None)

    @property
    def client_hello(self) -> codec.ClientHello | None:
        """The last ClientHello of the first handshake: with the cookie when there was an exchange."""
        hellos = [m.body for m in self.all(HandshakeType.CLIENT_HELLO, True) if not m.epoch]
        return next((h for body in reversed(hellos) if (h := _client_hello(body))), None)

    @property
    def server_hello(self) -> codec.ServerHello | None:
        """The ServerHello that the keys agree with, else the first one."""
        return super().server_hello if self.opener is None else self.opener.hello

    @property
    def ekt_cipher(self) -> int | None:
        """EKT cipher selected (RFC 8870 5.2.1)."""
        data = self.selected(ExtensionType.SUPPORTED_EKT_CIPHERS)
        try:
            return None if data is None else extensions.decode_selected_ekt_cipher(data)
        except DecodeError:
            return None

    # -- what the keys open

    @property
    def mistrusted(self) -> bool:
        """There is a secret, and none of the records of epoch 1 opens with it."""
        opener = self.opener
        if opener is None or opener.confirmed:
            return False
        return any(seen.record.epoch == 1 for seen in self.protected(opened=False))

    def exported_keys(self) -> ExportedKeys | None:
        """DTLS-SRTP keys of both directions (RFC 5764 4.2); None without key log or profile."""
        return self._exported(self.opener)

    def all_exported_keys(self) -> list[tuple[int, ExportedKeys]]:
        """(packet of its ServerHello, keys) of each handshake: renegotiation makes new ones (RFC 5764 section 5.2)."""
        found = []
        for epoch, openers in sorted(self._openers.items()):
            keys = self._exported(openers[0]) if openers else None
            hello = next(self.server_hellos(epoch - 1), None)
            if keys is not None and hello is not None:
                found.append((hello.packet, keys))
        return found

    def _exported(self, opener: Opener | None) -> ExportedKeys | None:
        if opener is None or self.mistrusted:
            return None
        row = SRTP_PROFILES.get(profile_of(opener.hello) or 0)
        if row is None:
            return None
        return split_exporter(row.code, opener.export(EXPORTER_LABEL, row.export_length))

    def ekt_keys(self) -> list[ReceivedEktKey]:
        """Every ekt_key that the server sent in protected records (RFC 8870 5.2.2), but for keys blotted out."""
        times = {seen.packet: seen.time for seen in self.records}
        found = []
        for message in self.all(HandshakeType.EKT_KEY, False):
            parameters = self._parameters(message) if message.epoch else None
            if parameters is not None:
                time = times[message.packet]
                found.append(ReceivedEktKey(message.packet, time, parameters, message))
        return found

    def numbers_of(self, message: HandshakeMessage) -> set[int]:
        """Numbers of all records that carried a piece of a message, retransmissions included."""
        wanted = (message.type, message.sequence)
        return {
            seen.record.number
            for seen in self.records
            if seen.record.type == ContentType.HANDSHAKE and seen.record.epoch == message.epoch
            for fragment in fragments_of(seen)
            if (fragment.type, fragment.sequence) == wanted
        }

    def acknowledgement(self, message: HandshakeMessage) -> Opened | None:
        """The client's first ACK that names a record of `message` (RFC 8870 5.2.2, RFC 9147 section 7)."""
        numbers = self.numbers_of(message)
        for ack in self.contents(ContentType.ACK):
            if ack.from_client and numbers & set(_acknowledged(ack.content)):
                return ack
        return None

    def _parameters(self, message: HandshakeMessage) -> EktParameters | None:
        try:
            body = codec.decode_ekt_key(message.body)
            if not any(body.key):
                return None
            key, salt = Key(body.key), Key(body.salt)
            return EktParameters(body.spi, self.ekt_cipher or 0, key, salt, body.ttl)
        except DecodeError:
            return None


def _acknowledged(content: bytes) -> list[int]:
    try:
        return codec.decode_ack(content)
    except DecodeError:
        return []


def _client_hello(body: bytes) -> codec.ClientHello | None:
    try:
        return codec.decode_client_hello(body)
    except DecodeError:
        return None


def _ticket(body: bytes) -> bytes:
    try:
        return codec.decode_new_session_ticket(body)
    except DecodeError:
        return b""

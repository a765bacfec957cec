# SPDX-License-Identifier: GPL-2.0-only
"""One DTLS 1.2 association as a bystander with its master secret sees it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from perc_scapy.capture.handshakes import Assembly, HandshakeMessage, fragments_of
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import ContentType, ExtensionType, HandshakeType
from perc_scapy.crypto import tls12
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import EXPORTER_LABEL, ExportedKeys, split_exporter
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.crypto.secret import Key
from perc_scapy.dtls import codec, extensions
from perc_scapy.errors import AuthenticationError, DecodeError

MAX_SERVER_HELLOS = 8
"""Different ServerHellos tried for one ClientHello: a restarted server, or somebody's forgeries."""


class ReceivedEktKey(NamedTuple):
    """An ekt_key message and the packet that completed it."""

    packet: int
    time: float
    parameters: EktParameters
    message: HandshakeMessage


class Opened(NamedTuple):
    """Readable content of a record."""

    packet: int
    time: float
    from_client: bool
    number: int
    content: bytes


class Opener:
    """Opens protected records of one association under one ServerHello."""

    def __init__(self, hello: codec.ServerHello, master: Key, client_random: bytes) -> None:
        self.hello, self._client_random = hello, client_random
        suite = tls12.CIPHER_SUITES[hello.cipher_suite]
        self._prf = tls12.Prf(master, suite.prf_hash)
        self._both = tls12.protections(suite, self._prf, client_random, hello.random)

    def open(self, seen: SeenRecord, from_client: bool) -> bytes | None:
        """Plaintext, or None when this is not the key."""
        protection, record = self._both[0 if from_client else 1], seen.record
        try:
            return protection.open(record.number, record.type, record.fragment, record.version)
        except AuthenticationError:
            return None

    def export(self, label: bytes, length: int) -> Key:
        """Keying material (RFC 5705)."""
        randoms = self._client_random, self.hello.random
        return Key(tls12.exporter(self._prf, label, *randoms, length))


class DtlsSession:
    """One association. Feed `records`, then `resolve`; everything else reads what came out."""

    def __init__(self, client: Hashable, client_random: bytes) -> None:
        self.client = client
        self.client_random = client_random
        self.records: list[SeenRecord] = []
        self.messages: list[HandshakeMessage] = []
        """Whole handshake messages in capture order, each once."""
        self.repeats = 0
        """Messages seen again: retransmissions."""
        self.has_secret = False
        """The key log knows this association."""
        self._openers: list[Opener] = []

    def __repr__(self) -> str:
        return f"DtlsSession({self.client_random[:4].hex()}, {len(self.records)} records)"

    # -- reading the records

    def prepare(self, keylog: KeyLog) -> None:
        """Find the keys."""
        self._assemble()
        master = keylog.master_secret(self.client_random)
        self.has_secret = master is not None
        hellos = dict.fromkeys(h for h in self._server_hellos() if _readable(h))
        self._openers = [
            Opener(_hello(packed), master, self.client_random)
            for packed in list(hellos)[:MAX_SERVER_HELLOS]
            if master is not None
        ]

    def open(self, seen: SeenRecord) -> bool:
        """Read one protected record; False when it is not ours."""
        for index, opener in enumerate(self._openers):
            content = opener.open(seen, seen.sender == self.client)
            if content is not None:
                seen.content = content
                self._openers.insert(0, self._openers.pop(index))
                return True
        return False

    def finish(self) -> None:
        """All records are open that ever will be: put the messages together."""
        self._assemble()

    def _assemble(self) -> None:
        assembly = Assembly()
        self.messages = [
            message
            for seen in self.records
            if seen.record.type == ContentType.HANDSHAKE and seen.content is not None
            for message in assembly.add(seen, seen.sender == self.client)
        ]
        self.repeats = assembly.repeats

    def _server_hellos(self) -> Iterator[bytes]:
        for message in self.messages:
            if message.type == HandshakeType.SERVER_HELLO and not message.from_client:
                yield message.body

    # -- what the handshake says

    def first(self, kind: int, from_client: bool) -> HandshakeMessage | None:
        """The first message of a type from one side."""
        return next(self.all(kind, from_client), None)

    def all(self, kind: int, from_client: bool) -> Iterator[HandshakeMessage]:
        """Messages of a type from one side, in capture order."""
        return (m for m in self.messages if m.type == kind and m.from_client == from_client)

    @property
    def client_hello(self) -> codec.ClientHello | None:
        """The last ClientHello: with the cookie when there was an exchange."""
        hellos = [m.body for m in self.all(HandshakeType.CLIENT_HELLO, True)]
        for body in reversed(hellos):
            try:
                return codec.decode_client_hello(body)
            except DecodeError:
                continue
        return None

    @property
    def server_hello(self) -> codec.ServerHello | None:
        """The ServerHello that the keys agree with, else the first one."""
        if self._openers:
            return self._openers[0].hello
        return next((_hello(body) for body in self._server_hellos() if _parses(body)), None)

    @property
    def srtp_profile(self) -> int | None:
        """Profile selected by use_srtp (RFC 5764 4.1.1)."""
        data = self._selected(ExtensionType.USE_SRTP)
        try:
            return None if data is None else extensions.decode_use_srtp(data).profiles[0]
        except DecodeError:
            return None

    @property
    def ekt_cipher(self) -> int | None:
        """EKT cipher selected (RFC 8870 5.2.1)."""
        data = self._selected(ExtensionType.SUPPORTED_EKT_CIPHERS)
        try:
            return None if data is None else extensions.decode_selected_ekt_cipher(data)
        except DecodeError:
            return None

    def _selected(self, extension: int) -> bytes | None:
        hello = self.server_hello
        return None if hello is None else hello.extensions.get(extension)

    # -- what the keys open

    def contents(self, kind: int) -> Iterator[Opened]:
        """Readable contents of one record type in protected epochs, in capture order."""
        for seen in self.records:
            if seen.record.type == kind and seen.record.epoch and seen.content is not None:
                ours = seen.sender == self.client
                yield Opened(seen.packet, seen.time, ours, seen.record.number, seen.content)

    def exported_keys(self) -> ExportedKeys | None:
        """DTLS-SRTP keys of both directions (RFC 5764 4.2); None without key log or profile."""
        row = SRTP_PROFILES.get(self.srtp_profile or 0)
        if row is None or not self._openers:
            return None
        material = self._openers[0].export(EXPORTER_LABEL, row.export_length)
        return split_exporter(row.code, material)

    def ekt_keys(self) -> list[ReceivedEktKey]:
        """Every ekt_key that the server sent in protected records (RFC 8870 5.2.2)."""
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
            key, salt = Key(body.key), Key(body.salt)
            return EktParameters(body.spi, self.ekt_cipher or 0, key, salt, body.ttl)
        except DecodeError:
            return None


def _acknowledged(content: bytes) -> list[int]:
    try:
        return codec.decode_ack(content)
    except DecodeError:
        return []


def _hello(body: bytes) -> codec.ServerHello:
    return codec.decode_server_hello(body)


def _parses(body: bytes) -> bool:
    try:
        _hello(body)
    except DecodeError:
        return False
    return True


def _readable(body: bytes) -> bool:
    return _parses(body) and _hello(body).cipher_suite in tls12.CIPHER_SUITES

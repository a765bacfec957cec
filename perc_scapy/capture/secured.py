# SPDX-License-Identifier: GPL-2.0-only
"""What sessions of DTLS and of TLS have in common for those who read them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import DtlsVersion, ExtensionType, HandshakeType
from perc_scapy.crypto.tls12_reading import suite_name
from perc_scapy.dtls import codec, extensions
from perc_scapy.errors import DecodeError

VERSIONS = {0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", int(DtlsVersion.DTLS_1_3): "DTLS 1.3"} | {
    0x0300 + minor: f"TLS 1.{minor - 1}" for minor in (1, 2, 3, 4)
}
VERSIONS[0x0300] = "SSL 3.0"


class Opened(NamedTuple):
    """Readable content of a record."""

    packet: int
    time: float
    from_client: bool
    number: int
    content: bytes
    gap: bool = False
    """Octets of the same direction are missing, or stayed closed, in front of it (streams only)."""


class Move(NamedTuple):
    """From `packet` on, a session was seen between other addresses."""

    packet: int
    client: Hashable
    server: Hashable


class SecuredSession:
    """One session. Everything here reads what `records` and `messages` hold."""

    def __init__(self, client: Hashable, client_random: bytes) -> None:
        self.client = client
        self.client_random = client_random
        self.records: list[SeenRecord] = []
        self.messages: list[HandshakeMessage] = []
        """Whole handshake messages in capture order, each once."""
        self.has_secret = False
        """The key log knows this session."""
        self.as_sent = True
        """The records stand in the datagrams that the ends sent; not so in exported PDUs, one for each record."""
        self.moves: list[Move] = []
        """Addresses that came later, in capture order."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.client_random[:4].hex()}, {len(self.records)} records)"

    # -- what the handshake says

    def first(self, kind: int, from_client: bool) -> HandshakeMessage | None:
        """The first message of a type from one side."""
        return next(self.all(kind, from_client), None)

    def all(self, kind: int, from_client: bool) -> Iterator[HandshakeMessage]:
        """Messages of a type from one side, in capture order."""
        return (m for m in self.messages if m.type == kind and m.from_client == from_client)

    def server_hellos(self, epoch: int = 0) -> Iterator[HandshakeMessage]:
        """ServerHellos of one handshake that can be parsed."""
        for message in self.all(HandshakeType.SERVER_HELLO, False):
            if message.epoch == epoch and parse_server_hello(message.body) is not None:
                yield message

    @property
    def server_hello(self) -> codec.ServerHello | None:
        """The ServerHello that counts."""
        return next((parse_server_hello(m.body) for m in self.server_hellos()), None)

    @property
    def negotiated(self) -> int | None:
        """Version number of the record layer as the ServerHello chose it (RFC 8446 4.2.1)."""
        hello = self.server_hello
        return None if hello is None else hello_version(hello)

    @property
    def version(self) -> str | None:
        """`DTLS 1.2`, `TLS 1.3` …; None while no ServerHello was seen."""
        number = self.negotiated
        return None if number is None else VERSIONS.get(number, f"version {number:#06x}")

    @property
    def suite(self) -> str | None:
        """Name of the cipher suite."""
        hello = self.server_hello
        return None if hello is None else suite_name(hello.cipher_suite)

    @property
    def srtp_profile(self) -> int | None:
        """Profile selected by use_srtp (RFC 5764 4.1.1)."""
        hello = self.server_hello
        return None if hello is None else profile_of(hello)

    def selected(self, extension: int) -> bytes | None:
        """An extension of the ServerHello."""
        hello = self.server_hello
        return None if hello is None else hello.extensions.get(extension)

    def certificates(self, *, from_client: bool) -> tuple[bytes, ...]:
        """The certificate chain that one side showed, DER, own first."""
        message = self.first(HandshakeType.CERTIFICATE, from_client)
        try:
            return () if message is None else self._chain(message.body)
        except DecodeError:
            return ()

    def _chain(self, body: bytes) -> tuple[bytes, ...]:
        return codec.decode_certificate(body)

    # -- what the keys open

    def contents(self, kind: int) -> Iterator[Opened]:
        """Readable contents of one record type in protected epochs, in capture order."""
        for seen in self.records:
            if seen.kind == kind and seen.record.epoch and seen.content is not None:
                ours = seen.sender == self.client
                yield Opened(seen.packet, seen.time, ours, seen.record.number, seen.content)

    def protected(self, *, opened: bool) -> Iterator[SeenRecord]:
        """Protected records that were opened, or that stayed closed."""
        for seen in self.records:
            if seen.record.epoch and (seen.content is not None) == opened:
                yield seen


def parse_server_hello(body: bytes) -> codec.ServerHello | None:
    """None when it is malformed. The form is the same in TLS and DTLS."""
    try:
        return codec.decode_server_hello(body)
    except DecodeError:
        return None


def hello_version(hello: codec.ServerHello) -> int:
    """Version that a ServerHello selects: its extension supported_versions, else its own field."""
    chosen = hello.extensions.get(ExtensionType.SUPPORTED_VERSIONS, b"")
    return int.from_bytes(chosen, "big") if len(chosen) == 2 else hello.version


def profile_of(hello: codec.ServerHello) -> int | None:
    """SRTP profile that a ServerHello selects (RFC 5764 4.1.1)."""
    data = hello.extensions.get(ExtensionType.USE_SRTP)
    try:
        return None if data is None else extensions.decode_use_srtp(data).profiles[0]
    except DecodeError:
        return None

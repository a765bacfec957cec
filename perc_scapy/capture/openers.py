# SPDX-License-Identifier: GPL-2.0-only
"""Keys of one handshake up to (D)TLS 1.2, from what the key log has: master secret, premaster secret, resumption."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.secured import hello_version
from perc_scapy.codes import ExtensionType, HandshakeType
from perc_scapy.crypto import tls12_reading as tls12
from perc_scapy.crypto.secret import Key
from perc_scapy.dtls.codec import ServerHello, encode_fragment
from perc_scapy.dtls.record import Record
from perc_scapy.errors import AuthenticationError, LocalError

_NOT_HASHED = (
    HandshakeType.HELLO_REQUEST,
    HandshakeType.HELLO_VERIFY_REQUEST,
    HandshakeType.NEW_SESSION_TICKET,
    HandshakeType.FINISHED,
)
"""What a server sends outside ServerHello … ServerHelloDone."""


def can_open(hello: ServerHello) -> bool:
    """Records under this choice can be opened with a master secret."""
    return tls12.suite_row(hello.cipher_suite, hello_version(hello)) is not None


class Opener:
    """Opens protected records of one handshake under one ServerHello; `can_open(hello)` must hold."""

    def __init__(self, hello: ServerHello, master: Key, client_random: bytes) -> None:
        self.hello, self.master, self.client_random = hello, master, client_random
        version = hello_version(hello)
        row = tls12.suite_row(hello.cipher_suite, version)
        if row is None:
            raise LocalError("no record under this ServerHello can be opened")
        self._prf = tls12.prf_of(hello.cipher_suite, version, master)
        self._both = tls12.openers(
            row,
            self._prf,
            client_random,
            hello.random,
            encrypt_then_mac=ExtensionType.ENCRYPT_THEN_MAC in hello.extensions,
        )
        self.confirmed = False
        """It has opened a record."""

    def __repr__(self) -> str:
        return f"Opener({tls12.suite_name(self.hello.cipher_suite)})"

    def open(self, record: Record, from_client: bool) -> bytes | None:
        """Plaintext, or None when this is not the key."""
        opener = self._both[0 if from_client else 1]
        try:
            content = opener.open(record.number, record.type, record.fragment, record.version)
        except AuthenticationError:
            return None
        self.confirmed = True
        return content

    def export(self, label: bytes, length: int) -> Key:
        """Keying material without a context (RFC 5705)."""
        return Key(self._prf(label, self.client_random + self.hello.random, length))


def find_master(
    keylog: KeyLog,
    client_random: bytes,
    hello: ServerHello,
    messages: Sequence[HandshakeMessage],
    tickets: Iterable[bytes] = (),
) -> Key | None:
    """The master secret of a handshake. `messages`: the handshake's; `tickets`: what its ClientHello offered."""
    known = keylog.master_secret(client_random)
    if known is not None:
        return known
    premaster = keylog.premaster_secret(client_random, _encrypted(messages))
    if premaster is not None and can_open(hello):
        return _from_premaster(premaster, client_random, hello, messages)
    for handle in (hello.session_id, *tickets):
        master = keylog.resumed_secret(handle) if handle else None
        if master is not None:
            return master
    return None


def _encrypted(messages: Sequence[HandshakeMessage]) -> bytes:
    """The encrypted premaster secret of an RSA key exchange, behind its length (RFC 5246 7.4.7.1)."""
    for message in messages:
        if message.type == HandshakeType.CLIENT_KEY_EXCHANGE and message.from_client:
            return message.body[2:]
    return b""


def _from_premaster(
    premaster: Key, client_random: bytes, hello: ServerHello, messages: Sequence[HandshakeMessage]
) -> Key:
    version = hello_version(hello)
    prf = tls12.prf_of(hello.cipher_suite, version, premaster)
    if ExtensionType.EXTENDED_MASTER_SECRET not in hello.extensions:
        return tls12.master_of(prf, client_random + hello.random, extended=False)
    return tls12.master_of(prf, _session_hash(messages, hello, version), extended=True)


def _session_hash(messages: Sequence[HandshakeMessage], hello: ServerHello, version: int) -> bytes:
    """Hash of ClientHello to ClientKeyExchange, each as one fragment (RFC 7627 section 3, RFC 6347 4.2.6)."""
    octets = b"".join(_raw(m, version) for m in _until_key_exchange(messages))
    if version in tls12.LEGACY:
        return hashlib.md5(octets).digest() + hashlib.sha1(octets).digest()  # noqa: S324
    row = tls12.suite_row(hello.cipher_suite, version)
    return hashlib.new("sha256" if row is None else row.prf_hash, octets).digest()


def _until_key_exchange(messages: Sequence[HandshakeMessage]) -> list[HandshakeMessage]:
    """ClientHello, the server's flight, the client's up to ClientKeyExchange, whatever order they came in.

    A HelloVerifyRequest and the ClientHello that it answers are not hashed (RFC 6347 4.2.1).
    """
    ours = {m.sequence: m for m in messages if m.from_client}
    theirs = {m.sequence: m for m in messages if not m.from_client and m.type not in _NOT_HASHED}
    hellos = [n for n, m in ours.items() if m.type == HandshakeType.CLIENT_HELLO]
    ends = [n for n, m in ours.items() if m.type == HandshakeType.CLIENT_KEY_EXCHANGE]
    if not hellos or not ends:
        return []
    first = max(hellos)
    flight = [theirs[n] for n in sorted(theirs)]
    return [ours[first], *flight, *(ours[n] for n in sorted(ours) if first < n <= max(ends))]


def _raw(message: HandshakeMessage, version: int) -> bytes:
    length = len(message.body)
    if version >> 8 == 3:
        return bytes((message.type,)) + length.to_bytes(3, "big") + message.body
    return encode_fragment(message.type, length, message.sequence, 0, message.body)

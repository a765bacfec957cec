# SPDX-License-Identifier: GPL-2.0-only
"""Handshake messages of TLS: a stream of its own inside the records (RFC 8446 section 4, RFC 5246 section 7.4)."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.codes import HandshakeType
from perc_scapy.dtls import codec
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.errors import DecodeError

HEADER = 4
MAX_MESSAGE = 1 << 17
"""Octets of the longest message that is put together."""
HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""Random of a ServerHello that asks for another ClientHello (RFC 8446 section 4.1.3)."""
END_OF_EARLY_DATA, KEY_UPDATE = 5, 24
"""Handshake types of TLS 1.3 that change keys (RFC 8446 section 4)."""
_RANDOM = slice(HEADER + 2, HEADER + 34)


class MessageStream:
    """Messages of one direction."""

    def __init__(self, from_client: bool) -> None:
        self._from_client = from_client
        self._buffer = bytearray()
        self._count = 0

    def feed(self, packet: int, epoch: int, content: bytes) -> Iterator[HandshakeMessage]:
        """Messages that `content` of a handshake record completes."""
        buffer = self._buffer
        buffer += content
        while len(buffer) >= HEADER:
            length = int.from_bytes(buffer[1:HEADER], "big")
            if length > MAX_MESSAGE:
                buffer.clear()
                return
            if len(buffer) < HEADER + length:
                return
            kind, body = buffer[0], bytes(buffer[HEADER : HEADER + length])
            del buffer[: HEADER + length]
            yield HandshakeMessage(packet, self._from_client, epoch, kind, self._count, body, ())
            self._count += 1

    def restart(self) -> None:
        """The rest of a message was lost, or new keys begin: no message goes on across them."""
        self._buffer.clear()


def client_random(fragment: bytes) -> bytes | None:
    """Random of a ClientHello that begins in this fragment of a handshake record; None for anything else."""
    if len(fragment) < _RANDOM.stop or fragment[0] != HandshakeType.CLIENT_HELLO:
        return None
    # a protected record must not look like one: length below 2^16, version 3.x
    return fragment[_RANDOM] if fragment[1] == 0 and fragment[4] == 3 and fragment[5] < 5 else None


def decode_client_hello(body: bytes) -> codec.ClientHello:
    """A TLS ClientHello: like that of DTLS, without the cookie behind the session id. Raises `DecodeError`."""
    if len(body) < 35:
        raise DecodeError("ClientHello: cut short", len(body))
    cookie = 35 + body[34]
    return codec.decode_client_hello(body[:cookie] + b"\0" + body[cookie:])


def decode_certificate13(body: bytes) -> tuple[bytes, ...]:
    """DER certificates of a TLS 1.3 Certificate, own first (RFC 8446 section 4.4.2). Raises `DecodeError`."""
    outer = Cursor(body, "Certificate")
    outer.vector(1, 0, 255)
    entries = Cursor(outer.vector(3, 0, 0xFFFFFF), "Certificate list")
    outer.end()
    certificates: list[bytes] = []
    while not entries.exhausted:
        certificates.append(entries.vector(3, 1, 0xFFFFFF))
        entries.vector(2, 0, 0xFFFF)
    return tuple(certificates)

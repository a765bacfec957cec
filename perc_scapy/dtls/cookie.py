# SPDX-License-Identifier: BSD-3-Clause
"""Stateless cookie exchange in front of a DTLS server (RFC 6347 4.2.1).

Until a client has shown that it receives at its address, nothing is remembered and less is sent than came in.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass

from perc_scapy.codes import ContentType, DtlsVersion, HandshakeType
from perc_scapy.dtls.codec import (
    HelloStart,
    HelloVerifyRequest,
    decode_fragments,
    encode_fragment,
    encode_hello_verify_request,
    read_hello_start,
)
from perc_scapy.dtls.cursor import Cursor
from perc_scapy.dtls.flight import Datagram
from perc_scapy.dtls.record import VERSION_1_0, Record, encode_record, first_record
from perc_scapy.errors import DecodeError, LocalError

TAG_LENGTH = 16
MAX_PAYLOAD = 255 - 1 - TAG_LENGTH
"""Octets that the owner may carry inside the cookie."""
_SECRET_LENGTH = 32
_BOUND = struct.Struct("!IHB")


@dataclass(frozen=True, slots=True)
class CookieReply:
    """A HelloVerifyRequest to send back; nothing was remembered."""

    datagram: Datagram


@dataclass(frozen=True, slots=True)
class CookieAccepted:
    """The client receives at its address; now a server may start with the same datagram."""

    payload: bytes
    """What the owner put into the cookie that came back."""


class CookieExchange:
    """`lifetime` seconds after its making a secret is replaced; the one before it stays valid as long again.

    A cookie is `generation(1) | HMAC-SHA-256(secret, what it is bound to)[:16] | payload`.
    """

    def __init__(self, random: Callable[[int], bytes], *, lifetime: float = 60.0) -> None:
        self._random, self._lifetime = random, lifetime
        self._secrets: dict[int, bytes] = {0: random(_SECRET_LENGTH)}
        self._generation = 0
        self._born: float | None = None

    def __repr__(self) -> str:
        return f"CookieExchange(generation {self._generation})"

    def check(
        self, datagram: bytes, context: bytes, now: float, payload: bytes = b""
    ) -> CookieReply | CookieAccepted | None:
        """Judge a datagram from a stranger. `context` names it: its address, or tunnel and association.

        None means drop: no start of a ClientHello, or one so short that the reply would be larger.
        Raises `LocalError` when `payload` does not fit a cookie.
        """
        if len(payload) > MAX_PAYLOAD:
            raise LocalError(f"cookie payload longer than {MAX_PAYLOAD} octets")
        self._rotate(now)
        try:
            record = first_record(datagram)
            sequence, hello = _hello_untrusted(record)
        except DecodeError:
            return None
        accepted = self._accepted(hello, context)
        if accepted is not None:
            return accepted
        cookie = self._cookie(self._generation, hello, context, payload)
        reply = _verify_request(record, sequence, cookie)
        return CookieReply(reply) if len(reply) < len(datagram) else None

    def _rotate(self, now: float) -> None:
        if self._born is None:
            self._born = now
        missed = int((now - self._born) // self._lifetime)
        if missed < 1:
            return
        kept = self._secrets[self._generation] if missed == 1 else None
        previous, self._generation = self._generation, (self._generation + 1) % 256
        self._secrets = {self._generation: self._random(_SECRET_LENGTH)}
        if kept is not None:
            self._secrets[previous] = kept
        self._born += missed * self._lifetime

    def _cookie(self, generation: int, hello: HelloStart, context: bytes, payload: bytes) -> bytes:
        # every part but the last has a fixed length or is counted, so no two inputs read the same
        lengths = _BOUND.pack(len(context), hello.version, len(hello.session_id))
        bound = lengths + context + hello.random + hello.session_id + payload
        tag = hmac.digest(self._secrets[generation], bound, "sha256")[:TAG_LENGTH]
        return bytes((generation,)) + tag + payload

    def _accepted(self, hello: HelloStart, context: bytes) -> CookieAccepted | None:
        """An invalid cookie counts as none (RFC 6347 4.2.1)."""
        received = hello.cookie
        if len(received) <= TAG_LENGTH or received[0] not in self._secrets:
            return None
        payload = received[1 + TAG_LENGTH :]
        expected = self._cookie(received[0], hello, context, payload)
        return CookieAccepted(payload) if hmac.compare_digest(expected, received) else None


def _hello_untrusted(record: Record) -> tuple[int, HelloStart]:
    """message_seq and the start of a ClientHello, from its first fragment. Raises `DecodeError`."""
    if record.type != ContentType.HANDSHAKE or record.number >> 48:
        raise DecodeError("not a plain handshake record", 0)
    fragment = decode_fragments(record.fragment)[0]
    if fragment.type != HandshakeType.CLIENT_HELLO or fragment.offset:
        raise DecodeError("not the start of a ClientHello", 0)
    return fragment.sequence, read_hello_start(Cursor(fragment.data, "ClientHello"))


def _verify_request(record: Record, sequence: int, cookie: bytes) -> Datagram:
    """Record and message numbers are the ClientHello's, as there is no state to count with (RFC 6347 4.2.1)."""
    body = encode_hello_verify_request(HelloVerifyRequest(int(DtlsVersion.DTLS_1_0), cookie))
    kind = HandshakeType.HELLO_VERIFY_REQUEST
    content = encode_fragment(kind, len(body), sequence, 0, body)
    return Datagram(encode_record(ContentType.HANDSHAKE, record.number, content, VERSION_1_0))

# SPDX-License-Identifier: BSD-3-Clause
"""The engine's codec of DTLS 1.2 handshake bodies, alerts and ACKs.

The formats are defined in `perc_scapy.layers.dtls`; this is the one place where a second codec exists, because the
engine must not depend on Scapy. It is strict: `decode_*` raises `DecodeError` for anything left over, missing
or out of bounds, and nothing else. Hello extensions are in `extensions`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from perc_scapy.codes import DtlsVersion, EcCurveType
from perc_scapy.dtls.cursor import Cursor, uint16_list, uint16_octets, vector
from perc_scapy.errors import DecodeError

HANDSHAKE_HEADER = 12
RANDOM_LENGTH = 32
VERSION = int(DtlsVersion.DTLS_1_2)
_UINT24_MAX = 0xFFFFFF
_EXTENSION = struct.Struct("!HH")
_HEADER = struct.Struct("!IHIH")
"""type and length | message_seq | fragment_offset and fragment_length, which share six octets."""


class Fragment(NamedTuple):
    """A handshake fragment (RFC 6347 4.2.2)."""

    type: int
    length: int
    """Octets of the whole message."""
    sequence: int
    offset: int
    data: bytes
    raw: bytes
    """Header and data: what the transcript wants of a message that comes in one piece."""


def encode_fragment(kind: int, length: int, sequence: int, offset: int, data: bytes) -> bytes:
    """Handshake header and data of one fragment."""
    place = offset << 24 | len(data)
    return _HEADER.pack(kind << 24 | length, sequence, place >> 16, place & 0xFFFF) + data


def decode_fragments(data: bytes) -> list[Fragment]:
    """All fragments of one record (RFC 6347 4.2.3 allows several)."""
    fragments, position, limit = [], 0, len(data)
    while True:
        body = position + HANDSHAKE_HEADER
        if limit < body:
            raise DecodeError("handshake header cut short", limit)
        first, sequence, high, low = _HEADER.unpack_from(data, position)
        length, place = first & _UINT24_MAX, high << 16 | low
        offset, size = place >> 24, place & _UINT24_MAX
        end = body + size
        if offset + size > length or (size == 0 and length):
            raise DecodeError("handshake fragment outside its message", position + 6)
        if limit < end:
            raise DecodeError("handshake fragment cut short", limit)
        raw = data[position:end]
        fragments.append(Fragment(first >> 24, length, sequence, offset, data[body:end], raw))
        if end == limit:
            return fragments
        position = end


class ClientHello(NamedTuple):
    """RFC 6347 4.2.1. `extensions` keeps the order on the wire."""

    version: int
    random: bytes
    session_id: bytes
    cookie: bytes
    cipher_suites: tuple[int, ...]
    compression: bytes
    extensions: Mapping[int, bytes]


def encode_client_hello(hello: ClientHello) -> bytes:
    """Body of a ClientHello."""
    start = HelloStart(hello.version, hello.random, hello.session_id, hello.cookie)
    return encode_hello_start(start) + encode_hello_rest(
        hello.cipher_suites, hello.compression, hello.extensions
    )


def encode_hello_rest(
    cipher_suites: tuple[int, ...], compression: bytes, extensions: Mapping[int, bytes]
) -> bytes:
    """What follows the cookie, and is the same with every cookie."""
    suites = vector(uint16_octets(cipher_suites), 2, 2, 0xFFFE)
    return suites + vector(compression, 1, 1) + encode_extensions(extensions)


class HelloStart(NamedTuple):
    """The part of a ClientHello that a cookie check needs; all of it is in the first fragment."""

    version: int
    random: bytes
    session_id: bytes
    cookie: bytes


def encode_hello_start(start: HelloStart) -> bytes:
    """Version to cookie."""
    head = start.version.to_bytes(2, "big") + start.random
    return head + vector(start.session_id, 1, 0, 32) + vector(start.cookie, 1)


def read_hello_start(cursor: Cursor) -> HelloStart:
    """Version to cookie. What follows is not looked at."""
    return HelloStart(
        cursor.uint(2),
        cursor.take(RANDOM_LENGTH),
        cursor.vector(1, 0, 32),
        cursor.vector(1, 0, 255),
    )


def decode_client_hello(body: bytes) -> ClientHello:
    cursor = Cursor(body, "ClientHello")
    start = read_hello_start(cursor)
    suites = uint16_list(cursor.vector(2, 2, 0xFFFE, 2))
    compression = cursor.vector(1, 1, 255)
    return ClientHello(*start, suites, compression, _extensions(cursor))


class ServerHello(NamedTuple):
    """RFC 5246 7.4.1.3."""

    version: int
    random: bytes
    session_id: bytes
    cipher_suite: int
    compression: int
    extensions: Mapping[int, bytes]


def encode_server_hello(hello: ServerHello) -> bytes:
    """Body of a ServerHello."""
    return b"".join(
        (
            hello.version.to_bytes(2, "big"),
            hello.random,
            vector(hello.session_id, 1, 0, 32),
            hello.cipher_suite.to_bytes(2, "big"),
            bytes((hello.compression,)),
            encode_extensions(hello.extensions),
        )
    )


def decode_server_hello(body: bytes) -> ServerHello:
    cursor = Cursor(body, "ServerHello")
    version, random, session_id = cursor.uint(2), cursor.take(32), cursor.vector(1, 0, 32)
    suite, compression = cursor.uint(2), cursor.uint(1)
    return ServerHello(version, random, session_id, suite, compression, _extensions(cursor))


def encode_extensions(extensions: Mapping[int, bytes]) -> bytes:
    """The extension block of a hello; nothing at all when there is none (RFC 5246 7.4.1.4)."""
    if not extensions:
        return b""
    items = [_EXTENSION.pack(kind, len(data)) + data for kind, data in extensions.items()]
    return vector(b"".join(items), 2)


def _extensions(cursor: Cursor) -> dict[int, bytes]:
    if cursor.exhausted:
        return {}
    block = cursor.vector(2, 0, 0xFFFF)
    cursor.end()
    found: dict[int, bytes] = {}
    position, end = 0, len(block)
    while position + 4 <= end:
        kind, length = _EXTENSION.unpack_from(block, position)
        start = position + 4
        position = start + length
        if kind in found:
            raise DecodeError(f"{cursor.what}: extension {kind} twice", position)
        found[kind] = block[start:position]
    if position != end:
        raise DecodeError(f"{cursor.what}: extensions cut short", end)
    return found


class HelloVerifyRequest(NamedTuple):
    """RFC 6347 4.2.1. `version` says nothing about what will be negotiated."""

    version: int
    cookie: bytes


def encode_hello_verify_request(request: HelloVerifyRequest) -> bytes:
    """Body of a HelloVerifyRequest."""
    return request.version.to_bytes(2, "big") + vector(request.cookie, 1)


def decode_hello_verify_request(body: bytes) -> HelloVerifyRequest:
    cursor = Cursor(body, "HelloVerifyRequest")
    request = HelloVerifyRequest(cursor.uint(2), cursor.vector(1, 0, 255))
    cursor.end()
    return request


def encode_certificate(certificates: tuple[bytes, ...]) -> bytes:
    """Body of a Certificate: DER certificates, own first (RFC 5246 7.4.2)."""
    return vector(b"".join(vector(der, 3, 1) for der in certificates), 3)


def decode_certificate(body: bytes) -> tuple[bytes, ...]:
    outer = Cursor(body, "Certificate")
    chain = Cursor(outer.vector(3, 0, _UINT24_MAX), "Certificate list")
    outer.end()
    certificates: list[bytes] = []
    while not chain.exhausted:
        certificates.append(chain.vector(3, 1, _UINT24_MAX))
    return tuple(certificates)


class ServerKeyExchange(NamedTuple):
    """ECDHE with a named curve (RFC 8422 5.4)."""

    group: int
    public: bytes
    scheme: int
    signature: bytes
    params: bytes
    """The signed octets: curve type, group and public key."""


def encode_ecdh_params(group: int, public: bytes) -> bytes:
    """ServerECDHParams: what the server signs behind both randoms."""
    return bytes((EcCurveType.NAMED_CURVE,)) + group.to_bytes(2, "big") + vector(public, 1, 1)


def encode_server_key_exchange(params: bytes, scheme: int, signature: bytes) -> bytes:
    """Body of a ServerKeyExchange."""
    return params + scheme.to_bytes(2, "big") + vector(signature, 2)


def decode_server_key_exchange(body: bytes) -> ServerKeyExchange:
    cursor = Cursor(body, "ServerKeyExchange")
    if cursor.uint(1) != EcCurveType.NAMED_CURVE:
        raise DecodeError("ServerKeyExchange: curve is not named", 0)
    group, public = cursor.uint(2), cursor.vector(1, 1, 255)
    params = body[: cursor.position]
    scheme, signature = cursor.uint(2), cursor.vector(2, 0, 0xFFFF)
    cursor.end()
    return ServerKeyExchange(group, public, scheme, signature, params)


class CertificateRequest(NamedTuple):
    """RFC 5246 7.4.4. The names of authorities are kept undecoded."""

    types: tuple[int, ...]
    schemes: tuple[int, ...]
    authorities: bytes = b""


def encode_certificate_request(request: CertificateRequest) -> bytes:
    """Body of a CertificateRequest."""
    schemes = vector(uint16_octets(request.schemes), 2, 2, 0xFFFE)
    return vector(bytes(request.types), 1, 1) + schemes + vector(request.authorities, 2)


def decode_certificate_request(body: bytes) -> CertificateRequest:
    cursor = Cursor(body, "CertificateRequest")
    types = tuple(cursor.vector(1, 1, 255))
    schemes = uint16_list(cursor.vector(2, 2, 0xFFFE, 2))
    authorities = cursor.vector(2, 0, 0xFFFF)
    cursor.end()
    names = Cursor(authorities, "CertificateRequest authorities")
    while not names.exhausted:
        names.vector(2, 1, 0xFFFF)
    return CertificateRequest(types, schemes, authorities)


def encode_client_key_exchange(public: bytes) -> bytes:
    """Body of an ECDHE ClientKeyExchange (RFC 8422 5.7)."""
    return vector(public, 1, 1)


def decode_client_key_exchange(body: bytes) -> bytes:
    cursor = Cursor(body, "ClientKeyExchange")
    public = cursor.vector(1, 1, 255)
    cursor.end()
    return public


class CertificateVerify(NamedTuple):
    """RFC 5246 7.4.8."""

    scheme: int
    signature: bytes


def encode_certificate_verify(verify: CertificateVerify) -> bytes:
    """Body of a CertificateVerify."""
    return verify.scheme.to_bytes(2, "big") + vector(verify.signature, 2)


def decode_certificate_verify(body: bytes) -> CertificateVerify:
    cursor = Cursor(body, "CertificateVerify")
    verify = CertificateVerify(cursor.uint(2), cursor.vector(2, 0, 0xFFFF))
    cursor.end()
    return verify


def decode_finished(body: bytes) -> bytes:
    if len(body) != 12:
        raise DecodeError("Finished: verify_data has not 12 octets", len(body))
    return body


def decode_empty(body: bytes, what: str) -> None:
    """ServerHelloDone and HelloRequest have no content."""
    if body:
        raise DecodeError(f"{what}: octets left over", 0)


def decode_new_session_ticket(body: bytes) -> bytes:
    """The ticket (RFC 5077 3.3); its lifetime hint is checked for presence only."""
    cursor = Cursor(body, "NewSessionTicket")
    cursor.uint(4)
    ticket = cursor.vector(2, 0, 0xFFFF)
    cursor.end()
    return ticket


class EktKeyBody(NamedTuple):
    """EKTKey (RFC 8870 5.2.2): `ttl` in seconds."""

    key: bytes
    salt: bytes
    spi: int
    ttl: int

    def __repr__(self) -> str:
        return f"EktKeyBody(spi={self.spi}, ttl={self.ttl}, {len(self.key)}-octet key)"


def encode_ekt_key(body: EktKeyBody) -> bytes:
    """Body of an ekt_key. A vector of at most 256 octets has a two-octet length."""
    tail = body.spi.to_bytes(2, "big") + body.ttl.to_bytes(3, "big")
    return vector(body.key, 2, 1, 256) + vector(body.salt, 2, 1, 256) + tail


def decode_ekt_key(body: bytes) -> EktKeyBody:
    cursor = Cursor(body, "EKTKey")
    key, salt = cursor.vector(2, 1, 256), cursor.vector(2, 1, 256)
    result = EktKeyBody(key, salt, cursor.uint(2), cursor.uint(3))
    cursor.end()
    return result


def encode_ack(numbers: list[int]) -> bytes:
    """ACK of RFC 9147 section 7 under DTLS 1.2: each record number is (epoch 8 octets, sequence number 8 octets).

    `numbers` are epoch * 2**48 + sequence number, in rising order.
    """
    items = ((n >> 48).to_bytes(8, "big") + (n & (1 << 48) - 1).to_bytes(8, "big") for n in numbers)
    return vector(b"".join(items), 2)


def decode_ack(content: bytes) -> list[int]:
    cursor = Cursor(content, "ACK")
    items = Cursor(cursor.vector(2, 0, 0xFFFF, 16), "ACK record numbers")
    cursor.end()
    numbers: list[int] = []
    while not items.exhausted:
        epoch, sequence = items.uint(8), items.uint(8)
        # DTLS 1.2 has 16-bit epochs and 48-bit sequence numbers; a larger value names none of our records
        if epoch < 1 << 16 and sequence < 1 << 48:
            numbers.append(epoch << 48 | sequence)
    return numbers


def decode_alert(content: bytes) -> tuple[int, int]:
    """(level, description) (RFC 5246 7.2)."""
    if len(content) != 2:
        raise DecodeError("alert has not 2 octets", len(content))
    return content[0], content[1]

# SPDX-License-Identifier: GPL-2.0-only
"""Changes to recorded octets: handshake messages in clear, tunnel messages, whole datagrams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from perc_scapy.codes import ContentType
from perc_scapy.dtls.record import Record, encode_record, split_records
from tests.capture.handmade import CONFERENCE
from tests.conform.stage import Stage

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST = 1, 2, 11, 13
USE_SRTP, EKT_CIPHERS = 14, 39


def records(datagram: bytes, change: Callable[[Record], Record | None]) -> bytes:
    """Each record as `change` makes it."""
    made = (change(record) for record in split_records(datagram)[0])
    return b"".join(encode_record(r.type, r.number, r.fragment, r.version) for r in made if r)


def handshake(datagram: bytes, kind: int, change: Callable[[bytes], bytes]) -> bytes:
    """Fragments of handshake messages in clear of one type, their 12-octet headers included."""

    def one(record: Record) -> Record:
        if record.type != ContentType.HANDSHAKE or record.number >> 48:
            return record
        if record.fragment[:1] != bytes((kind,)):
            return record
        return record._replace(fragment=change(record.fragment))

    return records(datagram, one)


def altered(kind: int, change: Callable[[bytes], bytes], *, up: bool, who: str = "") -> Callable:
    """An `alter_dtls` for one handshake message of one side."""

    def alter(data: bytes, from_endpoint: bool, name: str) -> bytes:
        if from_endpoint != up or (who and name != who):
            return data
        return handshake(data, kind, change)

    return alter


def extension(kind: int, data: bytes | None) -> Callable[[bytes], bytes]:
    """Replace the last octets of an extension's data; None gives the extension a type that nobody knows."""

    def change(fragment: bytes) -> bytes:
        at = _find(fragment, kind)
        if data is None:
            return fragment[:at] + b"\xfe\xfe" + fragment[at + 2 :]
        length = int.from_bytes(fragment[at + 2 : at + 4], "big")
        end = at + 4 + length
        return fragment[: end - len(data)] + data + fragment[end:]

    return change


def _find(fragment: bytes, kind: int) -> int:
    """Where an extension of that type begins: walk the hello."""
    at = 12 + 2 + 32
    at += 1 + fragment[at]
    if fragment[0] == CLIENT_HELLO:
        at += 1 + fragment[at]
        at += 2 + int.from_bytes(fragment[at : at + 2], "big")
        at += 1 + fragment[at]
    else:
        at += 3
    at += 2
    while at < len(fragment):
        if int.from_bytes(fragment[at : at + 2], "big") == kind:
            return at
        at += 4 + int.from_bytes(fragment[at + 2 : at + 4], "big")
    raise AssertionError(f"no extension {kind}")


def retyped(kind: int) -> Callable[[bytes], bytes]:
    """A handshake message that goes by a type which nobody knows: it is as good as absent."""
    del kind
    return lambda fragment: b"\xfe" + fragment[1:]


def edit(stage: Stage, change: Callable[[int, bytes], bytes]) -> Stage:
    """The recorded datagrams as `change(number, octets)` makes them."""
    stage.trace = [replace(d, data=change(d.number, d.data)) for d in stage.trace]
    return stage


def message(
    association: bytes,
    dtls: bytes,
    kind: int = 0,
    body: bytes = b"",
    conference: bytes = CONFERENCE,
) -> bytes:
    """A draft-00 message of any content."""
    head = b"\x01\x00" + association + conference + bytes((kind,))
    return head + body + len(dtls).to_bytes(2, "big") + dtls


def key_body(profile: int, *fields: bytes) -> bytes:
    """The body of SRTPKeyInformation with fields of any length."""
    parts = (len(field).to_bytes(2, "big") + field for field in fields)
    return profile.to_bytes(2, "big") + b"".join(parts)


def is_keys(raw: bytes) -> bool:
    """SRTPKeyInformation."""
    return raw[34] == 2


def dtls_of(raw: bytes, body: int) -> bytes:
    """What stands behind a body of that many octets."""
    return raw[35 + body + 2 :]


def keys_dtls(raw: bytes) -> bytes:
    """The DTLS beside keys of 0x0009's usual lengths."""
    return dtls_of(raw, 2 + 18 + 18 + 14 + 14)

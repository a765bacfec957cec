# SPDX-License-Identifier: GPL-2.0-only
"""Endpoint handshakes that offer, choose, show or repeat the wrong thing."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.record import encode_record, split_records
from tests.capture.handmade import MDD_MEDIA, k
from tests.conform.planted.edits import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CLIENT_HELLO,
    EKT_CIPHERS,
    SERVER_HELLO,
    USE_SRTP,
    altered,
    extension,
    message,
    retyped,
)
from tests.conform.planted.registry import planted
from tests.conform.planted.relaying import raw_seen
from tests.conform.stage import Stage, conference

ALERT = encode_record(ContentType.ALERT, 9, b"\x02\x2a")
"""Fatal, bad_certificate, in clear."""


def handshake_with(alter, names: str = "A") -> Stage:
    """A join whose datagrams are altered."""
    stage = Stage()
    stage.alter_dtls = alter
    return conference(names, 0, stage)


@planted("T00-EP-02", "R8871-08")
def kmf_sends_the_hello() -> Analysis:
    stage = conference("A", 0)
    hello = next(d.data for d in stage.trace if d.src == stage.people["A"].address)
    twisted = hello[:-1] + bytes((hello[-1] ^ 1,))
    at = twisted.index(b"\xfe\xfd", 20) + 2
    twisted = twisted[:at] + bytes(32) + twisted[at + 32 :]
    stage.say_in_tunnel(message(bytes(range(16)), twisted), "kmf")
    return stage.analysis()


@planted("T00-EP-05")
def hello_without_use_srtp() -> Analysis:
    return handshake_with(altered(CLIENT_HELLO, extension(USE_SRTP, None), up=True)).analysis()


@planted("T00-KMF-08")
def no_certificate_is_asked_for() -> Analysis:
    change = altered(CERTIFICATE_REQUEST, retyped(CERTIFICATE_REQUEST), up=False)
    return handshake_with(change).analysis()


@planted("T00-EP-04")
def endpoint_stays_anonymous() -> Analysis:
    return handshake_with(altered(CERTIFICATE, retyped(CERTIFICATE), up=True)).analysis()


def _refusing(stage: Stage) -> None:
    """The endpoint's alert goes out right behind the server's certificate."""

    def alert(data: bytes, up: bool, name: str) -> list[bytes]:
        if not up and any(r.fragment[:1] == b"\x0b" for r in split_records(data)[0]):
            raw_seen(stage, MDD_MEDIA, stage.people[name].address, data)
            raw_seen(stage, stage.people[name].address, MDD_MEDIA, ALERT)
            return []
        return [data]

    stage.alter_link = alert


@planted("T00-KMF-07", "T00-EP-03")
def endpoint_refuses_and_goes_on() -> Analysis:
    stage = Stage()
    _refusing(stage)
    return conference("A", 0, stage).analysis()


@planted("DTL-01")
def profile_that_was_not_offered() -> Analysis:
    change = extension(USE_SRTP, b"\x00\x0a\x00")
    return handshake_with(altered(SERVER_HELLO, change, up=False)).analysis()


@planted("EKT-22")
def cipher_that_was_not_offered() -> Analysis:
    return handshake_with(
        altered(SERVER_HELLO, extension(EKT_CIPHERS, b"\x02"), up=False)
    ).analysis()


@planted("EKT-05")
def weak_cipher() -> Analysis:
    """AESKW128 with 0x000A."""
    change = extension(USE_SRTP, b"\x00\x0a\x00")
    both = (
        altered(CLIENT_HELLO, change, up=True),
        altered(SERVER_HELLO, change, up=False),
    )
    return handshake_with(lambda d, up, name: both[not up](d, up, name)).analysis()


@planted("DTL-03")
def octet_in_front() -> Analysis:
    stage = conference("A", 0)
    raw_seen(stage, stage.people["A"].address, MDD_MEDIA, b"\x05\x80" + bytes(40))
    return stage.analysis()


@planted("DTL-04")
def dtls_1_0() -> Analysis:
    change = altered(SERVER_HELLO, lambda f: f[:12] + b"\xfe\xff" + f[14:], up=False)
    return handshake_with(change).analysis()


@planted("DTL-05")
def retransmission_storm() -> Analysis:
    stage = Stage()

    def storm(data: bytes, up: bool, name: str) -> list[bytes]:
        first = split_records(data)[0][0]
        if not up or first.fragment[:1] != bytes((HandshakeType.CLIENT_HELLO,)):
            return [data]
        return [encode_record(first.type, 100 + n, first.fragment) for n in range(6)]

    stage.alter_link = storm
    return conference("A", 0, stage).analysis()


@planted("EKT-24")
def ekt_key_was_not_negotiated() -> Analysis:
    return handshake_with(altered(SERVER_HELLO, extension(EKT_CIPHERS, None), up=False)).analysis()


@planted("T00-KMF-15", "EKT-26", "T00-MDD-11")
def ekt_key_in_clear() -> Analysis:
    stage = conference("A", 0)
    parameters = k(1)
    body = b"\x00\x10" + bytes(parameters.key) + b"\x00\x0c" + bytes(parameters.salt)
    body += parameters.spi.to_bytes(2, "big") + b"\x01\x51\x80"
    head = bytes((HandshakeType.EKT_KEY,)) + len(body).to_bytes(3, "big") + b"\x00\x09" + bytes(3)
    fragment = head + len(body).to_bytes(3, "big") + body
    record = encode_record(ContentType.HANDSHAKE, 77, fragment)
    raw_seen(stage, MDD_MEDIA, stage.people["A"].address, record)
    return stage.analysis()

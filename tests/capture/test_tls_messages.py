# SPDX-License-Identifier: GPL-2.0-only
"""Handshake messages of TLS, split and merged over records; hellos and certificates in their TLS form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.capture.tls_messages import (
    MAX_MESSAGE,
    MessageStream,
    client_random,
    decode_certificate13,
    decode_client_hello,
)
from perc_scapy.errors import DecodeError


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


HELLO = b"".join(
    (
        b"\x03\x03",
        bytes(range(32)),
        b"\x02ss",
        b"\x00\x02\xc0\x2b",
        b"\x01\x00",
        b"\x00\x05\x00\x2b\x00\x01\x00",
    )
)


def test_messages_do_not_care_about_records() -> None:
    octets = message(1, b"a" * 300) + message(14, b"") + message(11, b"b" * 70)
    for step in (1, 3, 50, 1000):
        stream = MessageStream(from_client=True)
        found = [m for n in range(0, len(octets), step) for m in stream.feed(n, 0, octets[n : n + step])]  # fmt: skip
        assert [(m.type, len(m.body), m.sequence) for m in found] == [(1, 300, 0), (14, 0, 1), (11, 70, 2)]  # fmt: skip


def test_nothing_goes_on_across_a_gap() -> None:
    stream = MessageStream(from_client=True)
    assert list(stream.feed(1, 0, message(11, b"x" * 100)[:50])) == []
    stream.restart()
    assert [m.type for m in stream.feed(2, 0, message(14, b""))] == [14]


def test_a_message_longer_than_any_is_dropped() -> None:
    stream = MessageStream(from_client=False)
    head = b"\x0b" + (MAX_MESSAGE + 1).to_bytes(3, "big")
    assert list(stream.feed(1, 0, head + bytes(100))) == []
    assert len(stream._buffer) == 0


def test_a_client_hello_has_no_cookie() -> None:
    hello = decode_client_hello(HELLO)
    assert hello.random == bytes(range(32))
    assert (hello.session_id, hello.cookie) == (b"ss", b"")
    assert (hello.cipher_suites, hello.extensions) == ((0xC02B,), {43: b"\x00"})
    for length in range(len(HELLO)):
        if length != len(HELLO) - 7:  # without any extensions it is whole again
            with pytest.raises(DecodeError):
                decode_client_hello(HELLO[:length])


def test_the_random_is_read_from_the_first_fragment() -> None:
    whole = message(1, HELLO)
    assert client_random(whole) == client_random(whole[:38]) == bytes(range(32))
    for other in (whole[:37], b"\x02" + whole[1:], b"\x01\x01" + whole[2:], b""):
        assert client_random(other) is None


def test_certificates_with_their_extensions() -> None:
    entry = b"\x00\x00\x03der" + b"\x00\x02xx"
    body = b"\x01c" + (2 * len(entry)).to_bytes(3, "big") + 2 * entry
    assert decode_certificate13(body) == (b"der", b"der")
    assert decode_certificate13(b"\x00\x00\x00\x00") == ()
    for length in range(len(body)):
        with pytest.raises(DecodeError):
            decode_certificate13(body[:length])


@given(st.binary(max_size=80))
def test_any_octets(octets: bytes) -> None:
    stream = MessageStream(from_client=True)
    list(stream.feed(1, 0, octets))
    for decoder in (decode_client_hello, decode_certificate13):
        try:
            decoder(octets)
        except DecodeError:
            continue

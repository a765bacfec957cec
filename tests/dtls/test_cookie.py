# SPDX-License-Identifier: GPL-2.0-only
"""The cookie exchange: no state, no amplification, nothing to transplant."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.codes import HandshakeType
from perc_scapy.dtls import (
    CookieAccepted,
    CookieExchange,
    CookieReply,
    DtlsClient,
    DtlsServer,
    codec,
)
from perc_scapy.dtls.cookie import MAX_PAYLOAD
from perc_scapy.dtls.record import encode_record, first_record
from perc_scapy.errors import LocalError
from tests.dtls.pairs import client_config, seeded, server_config, shuttle


def first_datagram(client: DtlsClient) -> bytes:
    (datagram,) = client.datagrams_to_send(0.0)
    return datagram


def started(seed=1, **options) -> DtlsClient:
    client = DtlsClient(client_config(seed, **options))
    client.start(0.0)
    return client


def second_hello(exchange, client, context=b"ctx", now=0.0, payload=b"") -> bytes:
    """The hello with the cookie."""
    reply = exchange.check(first_datagram(client), context, now, payload)
    client.receive_datagram(reply.datagram, now)
    return first_datagram(client)


def exchange(seed="x", lifetime=60.0) -> CookieExchange:
    return CookieExchange(seeded(seed), lifetime=lifetime)


def test_whole_way():
    cookies, client = exchange(), started()
    hello = second_hello(cookies, client, payload=b"\0\x0a")
    assert cookies.check(hello, b"ctx", 0.0, b"not this one") == CookieAccepted(b"\0\x0a")
    server = DtlsServer(server_config(1))
    server.receive_datagram(hello, 0.0)
    shuttle(client, server)
    assert client.established
    assert server.established


def test_the_reply_is_smaller_and_carries_the_numbers_of_the_request():
    """RFC 6347 4.2.1: record sequence number of the ClientHello."""
    client = started()
    hello = first_datagram(client)
    numbered = hello[:5] + (77).to_bytes(6, "big") + hello[11:]
    reply = exchange().check(numbered, b"ctx", 0.0, bytes(20))
    assert isinstance(reply, CookieReply)
    assert len(reply.datagram) < len(numbered)
    record = first_record(reply.datagram)
    (fragment,) = codec.decode_fragments(record.fragment)
    assert (record.sequence, record.version) == (77, 0xFEFF)
    assert (fragment.type, fragment.sequence) == (HandshakeType.HELLO_VERIFY_REQUEST, 0)
    assert codec.decode_hello_verify_request(fragment.data).version == 0xFEFF


def test_server_goes_on_with_the_numbers_of_the_hello():
    """RFC 6347 4.2.1: the first ServerHello repeats the record number; message_seq 0 was the cookie's."""
    cookies, client = exchange(), started()
    hello = second_hello(cookies, client)
    server = DtlsServer(server_config(1))
    server.receive_datagram(hello, 0.0)
    record = first_record(server.datagrams_to_send(0.0)[0])
    assert record.sequence == first_record(hello).sequence == 1
    assert codec.decode_fragments(record.fragment)[0].sequence == 1


def test_no_state_is_kept():
    cookies = exchange()
    before = pickle.dumps(vars(cookies) | {"_random": None, "_born": None})
    for seed in range(50):
        assert cookies.check(first_datagram(started(seed)), b"%d" % seed, 0.0)
    assert pickle.dumps(vars(cookies) | {"_random": None, "_born": None}) == before


@pytest.mark.parametrize("change", ["context", "random", "session", "payload", "tag", "version"])
def test_a_cookie_is_bound_to_all_of_it(change):
    cookies, client = exchange(), started()
    datagram = bytearray(second_hello(cookies, client, payload=b"profiles"))
    context = b"xtc" if change == "context" else b"ctx"
    hello = codec.decode_client_hello(bytes(datagram[25:]))
    if change == "random":
        hello = hello._replace(random=b"x" * 32)
    if change == "session":
        hello = hello._replace(session_id=b"s")
    if change == "version":
        hello = hello._replace(version=0xFEFC)
    if change == "payload":
        hello = hello._replace(cookie=hello.cookie[:-1] + b"S")
    if change == "tag":
        hello = hello._replace(
            cookie=hello.cookie[:5] + bytes([hello.cookie[5] ^ 1]) + hello.cookie[6:]
        )
    body = codec.encode_client_hello(hello)
    content = codec.encode_fragment(1, len(body), 1, 0, body)
    assert isinstance(cookies.check(encode_record(22, 1, content), context, 0.0), CookieReply)


def test_another_server_does_not_know_it():
    client = started()
    hello = second_hello(exchange("one"), client)
    assert isinstance(exchange("two").check(hello, b"ctx", 0.0), CookieReply)


@pytest.mark.parametrize(
    ("age", "accepted"),
    [(0.0, True), (59.0, True), (61.0, True), (119.0, True), (121.0, False), (999.0, False)],
)
def test_secrets_rotate(age, accepted):
    """Valid under the current secret and the one before."""
    cookies, client = exchange(), started()
    hello = second_hello(cookies, client)
    verdict = cookies.check(hello, b"ctx", age)
    assert isinstance(verdict, CookieAccepted if accepted else CookieReply)


def test_client_with_an_outdated_cookie_gets_a_new_one_and_completes():
    cookies, client = exchange(), started()
    second = second_hello(cookies, client)
    reply = cookies.check(second, b"ctx", 500.0)
    assert codec.decode_fragments(first_record(reply.datagram).fragment)[0].sequence == 1
    client.receive_datagram(reply.datagram, 500.0)
    third = first_datagram(client)
    assert isinstance(cookies.check(third, b"ctx", 500.0), CookieAccepted)
    server = DtlsServer(server_config(1))
    server.receive_datagram(third, 500.0)
    shuttle(client, server)
    assert client.established


@pytest.mark.parametrize("version", [0x0000, 0xFEFF, 0xFEFC, 0xFEFE, 0x0303, 0xFFFF])
def test_an_odd_version_does_not_skip_the_cookie(version):
    """tinydtls #74."""
    datagram = bytearray(first_datagram(started()))
    datagram[25:27] = version.to_bytes(2, "big")
    assert isinstance(exchange().check(bytes(datagram), b"ctx", 0.0), CookieReply)


def test_payload_limit():
    client = started()
    with pytest.raises(LocalError):
        exchange().check(first_datagram(client), b"ctx", 0.0, bytes(MAX_PAYLOAD + 1))


def test_no_reply_larger_than_the_request():
    """A minimal hello with a long payload would amplify: better no answer."""
    body = codec.encode_client_hello(
        codec.ClientHello(0xFEFD, bytes(32), b"", b"", (0xC02B,), b"\0", {})
    )
    datagram = encode_record(22, 0, codec.encode_fragment(1, len(body), 0, 0, body))
    assert exchange().check(datagram, b"ctx", 0.0, bytes(100)) is None
    assert isinstance(exchange().check(datagram, b"ctx", 0.0), CookieReply)


def test_only_the_first_piece_of_a_hello_counts():
    cookies, client = exchange(), started(mtu=100)
    pieces = client.datagrams_to_send(0.0)
    verdicts = [cookies.check(piece, b"ctx", 0.0) for piece in pieces]
    assert [type(v) for v in verdicts] == [CookieReply] + [type(None)] * (len(pieces) - 1)
    client.receive_datagram(verdicts[0].datagram, 0.0)
    second = client.datagrams_to_send(0.0)
    assert cookies.check(second[0], b"ctx", 0.0) == CookieAccepted(b"")
    server = DtlsServer(server_config(1))
    for piece in second:
        server.receive_datagram(piece, 0.0)
    shuttle(client, server)
    assert server.established


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x16",
        encode_record(23, 0, bytes(100)),
        encode_record(22, 1 << 48, bytes(100)),
        encode_record(22, 0, codec.encode_fragment(2, 50, 0, 0, bytes(50))),
        encode_record(22, 0, codec.encode_fragment(1, 90, 0, 40, bytes(50))),
        encode_record(22, 0, codec.encode_fragment(1, 90, 0, 0, bytes(30))),
        # cookie length past the end (CVE-2022-35409)
        encode_record(22, 0, codec.encode_fragment(1, 36, 0, 0, bytes(34) + b"\0\xff")),
    ],
)
def test_anything_else_is_dropped(datagram):
    assert exchange().check(datagram, b"ctx", 0.0) is None


@given(st.binary(max_size=200))
def test_total(data):
    for datagram in (
        data,
        encode_record(22, 0, data),
        encode_record(22, 0, codec.encode_fragment(1, len(data), 0, 0, data)),
    ):
        verdict = exchange().check(datagram, b"ctx", 0.0)
        assert verdict is None or len(verdict.datagram) < len(datagram)


def test_repr_shows_no_secret():
    assert repr(exchange()) == "CookieExchange(generation 0)"

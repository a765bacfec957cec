# SPDX-License-Identifier: GPL-2.0-only
"""Handshake bodies: known bytes, strictness, and agreement with what OpenSSL sends."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.codes import HandshakeType
from perc_scapy.dtls import codec
from perc_scapy.dtls.codec import (
    CertificateRequest,
    CertificateVerify,
    ClientHello,
    EktKeyBody,
    HelloVerifyRequest,
    ServerHello,
)
from perc_scapy.errors import DecodeError, EncodeError
from tests.dtls.openssl_peer import OpenSslPeer, context
from tests.dtls.pairs import identity, shuttle

VECTORS = {
    v["id"]: v
    for v in json.loads((Path(__file__).parents[1] / "vectors" / "media.json").read_text())[
        "vectors"
    ]
}

SAMPLES = {
    "client_hello": codec.encode_client_hello(
        ClientHello(
            0xFEFD,
            b"r" * 32,
            b"sid",
            b"cookie",
            (0xC02B, 0xFF),
            b"\0",
            {10: b"\0\2\0\x17", 23: b""},
        )
    ),
    "server_hello": codec.encode_server_hello(
        ServerHello(0xFEFD, b"r" * 32, b"", 0xC02B, 0, {23: b""})
    ),
    "hello_verify_request": codec.encode_hello_verify_request(
        HelloVerifyRequest(0xFEFF, b"cookie")
    ),
    "certificate": codec.encode_certificate((b"one", b"two")),
    "server_key_exchange": codec.encode_server_key_exchange(
        codec.encode_ecdh_params(29, b"p" * 32), 0x0403, b"sig"
    ),
    "certificate_request": codec.encode_certificate_request(
        CertificateRequest((64, 1), (0x0403,), b"\0\3abc")
    ),
    "client_key_exchange": codec.encode_client_key_exchange(b"p" * 32),
    "certificate_verify": codec.encode_certificate_verify(CertificateVerify(0x0403, b"sig")),
    "finished": b"v" * 12,
    "new_session_ticket": bytes.fromhex("00000e10 0003 616263"),
    "ekt_key": codec.encode_ekt_key(EktKeyBody(b"k" * 16, b"s" * 12, 7, 60)),
    "ack": codec.encode_ack([1 << 48, 1 << 48 | 7]),
    "alert": b"\x02\x28",
}
DECODERS = {name: getattr(codec, f"decode_{name}") for name in SAMPLES}
OPEN_ENDED = {"client_hello", "server_hello"}
"""A hello may end before its extensions."""


@pytest.mark.parametrize("name", SAMPLES)
def test_strict(name):
    """Every truncation and every extension of a message is refused, with the one exception type."""
    decode, sample = DECODERS[name], SAMPLES[name]
    decode(sample)
    for length in range(len(sample)):
        cut_is_legal = name in OPEN_ENDED and length == _end_without_extensions(name)
        if not cut_is_legal:
            with pytest.raises(DecodeError):
                decode(sample[:length])
    with pytest.raises(DecodeError):
        decode(sample + b"\0")


def _end_without_extensions(name: str) -> int:
    """Octets of the sample up to where the extension block starts."""
    return {"client_hello": 2 + 32 + 4 + 7 + 6 + 2, "server_hello": 2 + 32 + 1 + 2 + 1}[name]


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.binary(max_size=80))
def test_decoders_raise_decode_error_only(name, data):
    with contextlib.suppress(DecodeError):
        DECODERS[name](data)


@pytest.mark.parametrize("name", SAMPLES)
@given(position=st.integers(0, 400), octet=st.integers(0, 255))
def test_damaged_samples_raise_decode_error_only(name, position, octet):
    damaged = bytearray(SAMPLES[name])
    damaged[position % len(damaged)] = octet
    with contextlib.suppress(DecodeError):
        DECODERS[name](bytes(damaged))


def test_hello_round_trips():
    hello = codec.decode_client_hello(SAMPLES["client_hello"])
    assert codec.encode_client_hello(hello) == SAMPLES["client_hello"]
    assert (hello.cookie, hello.cipher_suites, list(hello.extensions)) == (
        b"cookie",
        (0xC02B, 0xFF),
        [10, 23],
    )
    hello = codec.decode_server_hello(SAMPLES["server_hello"])
    assert codec.encode_server_hello(hello) == SAMPLES["server_hello"]


def test_hello_without_extensions_is_legal():
    """RFC 5246 7.4.1.2."""
    body = SAMPLES["client_hello"][: _end_without_extensions("client_hello")]
    assert codec.decode_client_hello(body).extensions == {}
    assert codec.encode_client_hello(codec.decode_client_hello(body)) == body


def test_extension_twice_is_refused():
    block = bytes.fromhex("0017 0000 0017 0000")
    body = SAMPLES["client_hello"][: _end_without_extensions("client_hello")] + b"\0\x08" + block
    with pytest.raises(DecodeError, match="twice"):
        codec.decode_client_hello(body)


@pytest.mark.req("EKT-23")
def test_ekt_key_vector():
    vector = VECTORS["DTLS-ektkey-128"]
    body = bytes.fromhex(vector["body"])
    value = EktKeyBody(
        bytes.fromhex(vector["ekt_key"]),
        bytes.fromhex(vector["srtp_master_salt"]),
        vector["spi"],
        vector["ttl"],
    )
    assert codec.decode_ekt_key(body) == value
    assert codec.encode_ekt_key(value) == body
    message = bytes.fromhex(vector["dtls_handshake"])
    assert codec.encode_fragment(HandshakeType.EKT_KEY, len(body), 7, 0, body) == message
    assert codec.decode_fragments(message) == [codec.Fragment(26, 37, 7, 0, body, message)]
    assert vector["ekt_key"] not in repr(value)


@pytest.mark.req("EKT-23")
@pytest.mark.parametrize(("key", "salt"), [(0, 12), (257, 12), (16, 0), (16, 257)])
def test_ekt_key_bounds(key, salt):
    """opaque<1..256> has a two-octet length."""
    tail = bytes(5)
    wire = key.to_bytes(2, "big") + bytes(key) + salt.to_bytes(2, "big") + bytes(salt) + tail
    with pytest.raises(DecodeError):
        codec.decode_ekt_key(wire)
    with pytest.raises(EncodeError):
        codec.encode_ekt_key(EktKeyBody(bytes(key), bytes(salt), 0, 0))


@pytest.mark.req("EKT-23")
def test_longest_ekt_key():
    value = EktKeyBody(bytes(256), bytes(256), 0xFFFF, 0xFFFFFF)
    assert codec.decode_ekt_key(codec.encode_ekt_key(value)) == value


def test_ack_bytes():
    """RFC 9147 section 7: 64-bit epoch and sequence number for each record."""
    wire = bytes.fromhex("00200000000000000001000000000000000000000000000000010000000000000007")
    assert SAMPLES["ack"] == wire
    assert codec.decode_ack(wire) == [1 << 48, 1 << 48 | 7]
    assert codec.decode_ack(b"\0\0") == []


def test_ack_numbers_beyond_dtls_1_2_name_nothing():
    wire = (
        b"\0\x20"
        + (1 << 16).to_bytes(8, "big")
        + bytes(8)
        + bytes(8)
        + (1 << 48).to_bytes(8, "big")
    )
    assert codec.decode_ack(wire) == []


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("length grows past the message", "16000004 0000 000000 000005 6162636465"),
        ("offset past the message", "16000004 0000 000003 000002 6162"),
        ("empty piece of a message with content", "16000004 0000 000000 000000"),
        ("data missing", "16000004 0000 000000 000004 6162"),
        ("header cut", "16000004 0000 0000"),
        ("nothing", ""),
    ],
)
@pytest.mark.req("DTL-05")
def test_bad_fragments(what, content):
    with pytest.raises(DecodeError):
        codec.decode_fragments(bytes.fromhex(content))


def test_several_fragments_in_one_record():
    one = codec.encode_fragment(14, 0, 3, 0, b"")
    two = codec.encode_fragment(11, 9, 4, 2, b"abc")
    assert [f[:5] for f in codec.decode_fragments(one + two)] == [
        (14, 0, 3, 0, b""),
        (11, 9, 4, 2, b"abc"),
    ]


def test_encoders_agree_with_openssl():
    """What OpenSSL sends, decoded and encoded again, is what OpenSSL sent."""
    client, server = (
        OpenSslPeer(context(identity("peer")), server=False),
        OpenSslPeer(context(identity("peer")), server=True),
    )
    client.start(0.0)
    seen = {}
    for _, datagram in shuttle(client, server):
        position = 0
        while position < len(datagram):
            size = int.from_bytes(datagram[position + 11 : position + 13], "big")
            content = datagram[position + 13 : position + 13 + size]
            if datagram[position] == 22 and datagram[position + 4] == 0:
                seen[content[0]] = content[12:]
            position += 13 + size
    for kind, decode, encode in (
        (1, codec.decode_client_hello, codec.encode_client_hello),
        (2, codec.decode_server_hello, codec.encode_server_hello),
        (11, codec.decode_certificate, codec.encode_certificate),
        (13, codec.decode_certificate_request, codec.encode_certificate_request),
        (15, codec.decode_certificate_verify, codec.encode_certificate_verify),
        (16, codec.decode_client_key_exchange, codec.encode_client_key_exchange),
    ):
        assert encode(decode(seen[kind])) == seen[kind], kind
    exchange = codec.decode_server_key_exchange(seen[12])
    again = codec.encode_server_key_exchange(exchange.params, exchange.scheme, exchange.signature)
    assert again == seen[12]


def test_empty_messages():
    codec.decode_empty(b"", "ServerHelloDone")
    with pytest.raises(DecodeError):
        codec.decode_empty(b"\0", "ServerHelloDone")


def test_server_key_exchange_wants_a_named_curve():
    with pytest.raises(DecodeError, match="not named"):
        codec.decode_server_key_exchange(b"\1" + SAMPLES["server_key_exchange"][1:])

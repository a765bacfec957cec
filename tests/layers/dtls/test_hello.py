# SPDX-License-Identifier: GPL-2.0-only
"""Hello messages: fields, the extension block, bounds, and which answers which."""

from __future__ import annotations

import pytest

from perc_scapy.layers.compile import decode
from perc_scapy.layers.dtls import (
    DTLSClientExtension,
    DTLSClientHello,
    DTLSHelloRequest,
    DTLSHelloVerifyRequest,
    DTLSServerExtension,
    DTLSServerHello,
    ExtExtendedMasterSecret,
    ExtUseSRTP,
)
from tests.layers.compile.test_equivalence import agree

RANDOM = bytes(range(32))
START = b"\xfe\xfd" + RANDOM


def test_a_hello_by_hand():
    octets = START + bytes.fromhex("02aabb01cc0004c02bc02f0100000400170000")
    assert agree(DTLSClientHello, octets)
    hello = DTLSClientHello(octets)
    assert (hello.version, hello.random) == (0xFEFD, RANDOM)
    assert (hello.session_id, hello.cookie) == (b"\xaa\xbb", b"\xcc")
    assert (hello.cipher_suites, hello.compression_methods) == ([0xC02B, 0xC02F], [0])
    assert type(hello.extensions[0].body) is ExtExtendedMasterSecret


def test_no_extension_block_is_not_an_empty_one():
    bare = START + bytes.fromhex("00000002c02b0100")
    assert agree(DTLSClientHello, bare)
    assert DTLSClientHello(bare).extensions is None
    empty = bare + b"\0\0"
    assert agree(DTLSClientHello, empty)
    assert DTLSClientHello(empty).extensions == []
    assert decode(DTLSClientHello, empty) != decode(DTLSClientHello, bare)
    server = START + bytes.fromhex("00c02b00")
    assert agree(DTLSServerHello, server)
    assert agree(DTLSServerHello, server + b"\0\0")


@pytest.mark.parametrize(
    "tail",
    [
        "21" + "00" * 33 + "000002c02b0100",  # session id of 33 octets
        "00000000" + "0100",  # no suite
        "00000003c02bc0" + "0100",  # half a suite
        "00000002c02b00",  # no compression method
        "00000002c02b010000",  # half a length of extensions
        "00000002c02b01000005001700000e",  # half an extension
        "00000002c02b0100000800170000" + "00170000",  # an extension twice
    ],
)
def test_refused_hellos(tail):
    assert not agree(DTLSClientHello, START + bytes.fromhex(tail))


def test_an_extension_twice_is_named():
    twice = [DTLSServerExtension(body=ExtExtendedMasterSecret()) for _ in range(2)]
    assert (
        "extension 23 twice" in DTLSServerHello(bytes(DTLSServerHello(extensions=twice))).summary()
    )


def test_the_cookie_ties_request_and_answer():
    first, verify = DTLSClientHello(), DTLSHelloVerifyRequest(cookie=b"abc")
    second = DTLSClientHello(cookie=b"abc")
    assert verify.answers(first)
    assert second.answers(verify)
    assert not first.answers(verify)
    assert not verify.answers(second)
    assert first.answers(DTLSHelloRequest())
    assert not first.answers(second)
    assert bytes(verify) == bytes.fromhex("feff03616263")


def test_a_server_answers_with_an_offered_suite():
    hello = DTLSClientHello(cipher_suites=[0xC02B])
    assert DTLSServerHello(cipher_suite=0xC02B).answers(hello)
    assert not DTLSServerHello(cipher_suite=0xC02F).answers(hello)
    assert not DTLSServerHello().answers(DTLSHelloRequest())


def test_defaults_are_a_valid_offer():
    hello = DTLSClientHello(extensions=[DTLSClientExtension(body=ExtUseSRTP(profiles=[9]))])
    assert agree(DTLSClientHello, bytes(hello))
    assert agree(DTLSServerHello, bytes(DTLSServerHello()))
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in hello.show(dump=True)

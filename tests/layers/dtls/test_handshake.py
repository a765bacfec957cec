# SPDX-License-Identifier: GPL-2.0-only
"""Handshake headers: fragments, filled-in lengths, several messages in a record, DTLS 1.0 forms."""

from __future__ import annotations

import pytest

from perc_scapy.codes import HandshakeType
from perc_scapy.errors import EncodeError
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.layers.dtls import (
    DTLS10Handshake,
    DTLS10Handshakes,
    DTLSCertificateRequest10,
    DTLSCertificateVerify,
    DTLSCertificateVerify10,
    DTLSFinished,
    DTLSHandshake,
    DTLSHandshakes,
    DTLSHelloRequest,
    DTLSHelloVerifyRequest,
    DTLSServerHelloDone,
)
from perc_scapy.layers.dtls.handshake import BODIES
from tests.layers.compile.test_equivalence import agree

FINISHED = bytes.fromhex("1400000c 0003 000000 00000c".replace(" ", "")) + b"verify_data!"


def test_header_and_body():
    assert agree(DTLSHandshake, FINISHED)
    shown = DTLSHandshake(FINISHED)
    assert (shown.length, shown.message_seq, shown.fragment_length) == (12, 3, 12)
    assert shown[DTLSFinished].verify_data == b"verify_data!"
    built = DTLSHandshake(message_seq=3, body=DTLSFinished(verify_data=b"verify_data!"))
    assert bytes(built) == FINISHED == encode(built)
    made = record(
        DTLSHandshake, message_seq=3, body=record(DTLSFinished, verify_data=b"verify_data!")
    )
    assert (made.msg_type, made.length, encode(made)) == (20, 12, FINISHED)


@pytest.mark.parametrize("kind", BODIES)
def test_every_body_names_its_type(kind):
    octets = bytes(DTLSHandshake(body=BODIES[kind]()))
    assert octets[0] == kind
    assert type(DTLSHandshake(octets).body) is BODIES[kind]
    assert type(DTLSHandshake(msg_type=kind).body) is BODIES[kind]
    assert set(BODIES) == set(HandshakeType)


def test_unknown_types_are_octets():
    octets = b"\x63" + FINISHED[1:]
    assert agree(DTLSHandshake, octets)
    assert DTLSHandshake(octets).body == b"verify_data!"


@pytest.mark.parametrize(("offset", "size"), [(0, 5), (5, 7), (3, 2)])
def test_a_fragment_is_shown_as_such(offset, size):
    head = bytes.fromhex("1400000c0003") + offset.to_bytes(3, "big") + size.to_bytes(3, "big")
    octets = head + FINISHED[12 + offset :][:size]
    assert agree(DTLSHandshake, octets)
    shown = DTLSHandshake(octets)
    assert shown.body == octets[12:]
    assert shown.summary() == f"FINISHED fragment {offset}..{offset + size - 1} of 12"
    assert DTLSFinished not in shown
    built = DTLSHandshake(
        msg_type=20, length=12, message_seq=3, fragment_offset=offset, body=octets[12:]
    )
    assert bytes(built) == octets


@pytest.mark.parametrize(
    "header",
    [
        "1400000c 0003 000000 000000",  # empty fragment of a message with octets
        "1400000c 0003 000005 00000c",  # beyond the message
        "14000004 0003 000000 00000c",  # longer than the message
        "14000000 0003 000001 000000",  # behind the end
    ],
)
def test_fragments_outside_their_message(header):
    header = bytes.fromhex(header.replace(" ", ""))
    octets = header + b"verify_data!"[: int.from_bytes(header[9:12], "big")]
    assert not agree(DTLSHandshake, octets)
    assert bytes(DTLSHandshake(octets)) == octets


def test_senders_are_held_to_it():
    with pytest.raises(EncodeError, match="exceeds"):
        encode(record(DTLSHandshake, msg_type=20, length=5, fragment_offset=3, body=b"abc"))


def test_several_messages_and_pieces_in_one_record():
    parts = [
        DTLSHandshake(body=DTLSServerHelloDone()),
        DTLSHandshake(message_seq=1, body=DTLSHelloRequest()),
        DTLSHandshake(msg_type=20, length=9, message_seq=2, body=b"abc"),
    ]
    octets = bytes(DTLSHandshakes(messages=parts))
    assert agree(DTLSHandshakes, octets)
    assert len(DTLSHandshakes(octets).messages) == 3
    assert not agree(DTLSHandshakes, b"")
    assert not agree(DTLSHandshakes, octets[:-1])
    assert "SERVER_HELLO_DONE, HELLO_REQUEST, FINISHED fragment" in DTLSHandshakes(octets).summary()


def test_dtls_1_0_signs_without_naming_the_algorithm():
    octets = bytes(DTLS10Handshake(body=DTLSCertificateVerify10(signature=b"sig")))
    assert octets[12:] == b"\0\3sig"
    assert type(DTLS10Handshake(octets).body) is DTLSCertificateVerify10
    assert DTLSHandshake(octets).faults()
    request = bytes(DTLS10Handshake(body=DTLSCertificateRequest10()))
    assert agree(DTLS10Handshake, request)
    assert DTLSHandshakes in DTLS10Handshakes(octets)
    assert DTLSHandshake in DTLS10Handshakes(octets)
    assert DTLSCertificateVerify not in DTLS10Handshakes(octets)


def test_messages_answer_as_their_bodies_do():
    verify = DTLSHandshake(body=DTLSHelloVerifyRequest(cookie=b"c"))
    assert not verify.answers(DTLSHandshake(body=DTLSServerHelloDone()))
    assert not DTLSHandshake(msg_type=99, body=b"x").answers(verify)
    assert decode(DTLSHandshake, bytes(verify)).body.cookie == b"c"

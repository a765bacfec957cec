# SPDX-License-Identifier: GPL-2.0-only
"""The engine's codec and the one compiled from the Scapy layers read the same bytes the same way.

The engine must not depend on Scapy, so handshake bodies are typed twice; this is what holds both equal.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

from perc_scapy.codes import ExtensionType
from perc_scapy.dtls import codec
from perc_scapy.errors import DecodeError
from perc_scapy.layers import dtls as layers
from perc_scapy.layers.compile import decode, encode
from tests.dtls.openssl_peer import OpenSslPeer, context
from tests.dtls.pairs import ekt_pair, identity, shuttle
from tests.dtls.test_codec import SAMPLES

BODIES = {
    "client_hello": layers.DTLSClientHello,
    "server_hello": layers.DTLSServerHello,
    "hello_verify_request": layers.DTLSHelloVerifyRequest,
    "certificate": layers.DTLSCertificate,
    "server_key_exchange": layers.DTLSServerECDH,
    "certificate_request": layers.DTLSCertificateRequest,
    "client_key_exchange": layers.DTLSClientECDH,
    "certificate_verify": layers.DTLSCertificateVerify,
    "finished": layers.DTLSFinished,
    "new_session_ticket": layers.DTLSNewSessionTicket,
    "ekt_key": layers.DTLSEKTKey,
    "ack": layers.DTLSACK,
    "alert": layers.DTLSAlert,
}
TYPES = {1: "client_hello", 2: "server_hello", 3: "hello_verify_request", 4: "new_session_ticket"}
TYPES |= {11: "certificate", 12: "server_key_exchange", 13: "certificate_request"}
TYPES |= {15: "certificate_verify", 16: "client_key_exchange"}


@cache
def samples() -> dict[str, list[bytes]]:
    """Bodies that our engine and OpenSSL sent, and the made-up ones."""
    found = {name: [body] for name, body in SAMPLES.items()}
    logs = [shuttle(*ekt_pair(1, external_session_id=b"x" * 20))]
    for kind in ("ecdsa", "rsa"):
        ctx = context(identity("peer", kind), srtp=b"SRTP_AEAD_AES_128_GCM")
        client, server = OpenSslPeer(ctx, server=False), OpenSslPeer(ctx, server=True)
        client.start(0.0)
        logs.append(shuttle(client, server))
    for kind, body in (item for log in logs for item in plain_messages(log)):
        found[TYPES[kind]].append(body)
    return found


def plain_messages(log):
    """(type, body) of the messages in epoch 0; none is fragmented here."""
    for _, datagram in log:
        position = 0
        while position < len(datagram):
            size = int.from_bytes(datagram[position + 11 : position + 13], "big")
            content = datagram[position + 13 : position + 13 + size]
            if datagram[position] == 22 and datagram[position + 4] == 0 and content[0] != 14:
                yield content[0], content[12:]
            position += 13 + size


def by_engine(name: str, body: bytes):
    try:
        return getattr(codec, f"decode_{name}")(body)
    except DecodeError:
        return None


def by_layer(name: str, body: bytes):
    try:
        return decode(BODIES[name], body)
    except DecodeError:
        return None


def variants(name: str, bodies: list[bytes], count: int):
    """Valid, truncated, extended, changed and random input."""
    dice = random.Random(name)
    for body in bodies:
        yield body
        yield body + b"\0"
        yield from (body[:length] for length in range(min(len(body), 120)))
        for _ in range(count):
            damaged = bytearray(body)
            for _ in range(dice.randint(1, 3)):
                if damaged:
                    damaged[dice.randrange(min(len(damaged), 150))] = dice.choice(
                        (0, 1, 2, 255, dice.randrange(256))
                    )
            yield bytes(damaged)
    for _ in range(count):
        yield dice.randbytes(dice.randrange(60))


@pytest.mark.parametrize("name", BODIES)
def test_all_samples_are_accepted_by_both(name):
    for body in samples()[name]:
        assert by_engine(name, body) is not None
        record = by_layer(name, body)
        assert record is not None
        assert encode(record) == body


@pytest.mark.parametrize("name", sorted(BODIES.keys() - {"client_hello", "server_hello"}))
def test_both_accept_and_refuse_the_same(name):
    assert differences(name, variants(name, samples()[name], 150)) == []


def differences(name: str, bodies) -> list[bytes]:
    return [b for b in bodies if (by_engine(name, b) is None) != (by_layer(name, b) is None)]


@pytest.mark.parametrize("name", ["client_hello", "server_hello"])
def test_hellos(name):
    """The layer looks into every extension, the engine only into those it speaks (`extensions`).

    So they are equal for hellos whose extensions nobody knows, and else the engine accepts what the layer accepts.
    """
    unknown = []
    for body in samples()[name]:
        hello = by_engine(name, body)
        unknown.append(
            getattr(codec, f"encode_{name}")(hello._replace(extensions={4711: b"x", 4712: b""}))
        )
        unknown.append(getattr(codec, f"encode_{name}")(hello._replace(extensions={})))
    found = differences(name, variants(name, unknown, 300))
    # a change can turn an unknown extension into a known one
    known = {int(kind) for kind in ExtensionType}
    assert [
        b
        for b in found
        if not (by_engine(name, b) and by_engine(name, b).extensions.keys() & known)
    ] == []
    for body in variants(name, samples()[name], 300):
        assert by_layer(name, body) is None or by_engine(name, body) is not None, body.hex()

# SPDX-License-Identifier: GPL-2.0-only
"""Real datagrams to dissect: handshakes between two OpenSSL connections, and one of ours with EKT."""

from __future__ import annotations

from functools import cache
from typing import Any

from perc_scapy.crypto.tls12 import Prf, protections
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES
from perc_scapy.dtls.record import split_records
from perc_scapy.layers.dtls import (
    DTLS,
    DTLSClientHello,
    DTLSHandshakes,
    DTLSServerHello,
    dissect_plaintext,
)
from tests.dtls.openssl_peer import OpenSslPeer, context
from tests.dtls.pairs import ekt_pair, ekt_parameters, identity, shuttle

SECRETS: dict[bytes, bytes] = {}
"""Master secret by client random, from the key logs of all handshakes made here."""
PROFILES = b"SRTP_DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM"


@cache
def openssl_datagrams(
    kind: str = "ecdsa",
    suites: bytes = b"",
    mtu: int = 1200,
    cookie: bytes = b"",
    version: int = 0xFEFD,
    srtp: bytes = PROFILES,
) -> tuple[tuple[str, bytes], ...]:
    """All datagrams of one handshake with mutual authentication, with the name of the sender."""
    contexts = [
        context(
            identity(f"{side} {kind} {version} {mtu}", kind), suites=suites, srtp=srtp, cookie=c
        )
        for side, c in (("client", b""), ("server", cookie))
    ]
    for ctx in contexts:
        ctx.set_min_proto_version(version)
        ctx.set_max_proto_version(version)
        ctx.set_keylog_callback(_remember_line)
    client = OpenSslPeer(contexts[0], server=False, mtu=mtu)
    server = OpenSslPeer(contexts[1], server=True, mtu=mtu)
    client.start(0.0)
    found = tuple(shuttle(client, server))
    assert client.established
    assert server.established
    return found


def _remember_line(_connection: Any, line: bytes) -> None:
    _remember(line.decode())


def _remember(line: str) -> None:
    label, random, secret = line.split()
    if label == "CLIENT_RANDOM":  # RSA key transport is logged a second time under another label
        SECRETS[bytes.fromhex(random)] = bytes.fromhex(secret)


@cache
def perc_datagrams() -> tuple[tuple[str, bytes], ...]:
    """A handshake of the project's own engine with a double profile and EKT, an ekt_key and its ACK."""
    client, server = ekt_pair(external_session_id=b"abc3de65cddef001be82", keylog=_remember)
    handshake = shuttle(client, server)
    server.send_ekt_key(ekt_parameters())
    return tuple(handshake + shuttle(client, server, 1.0))


def messages(datagrams: tuple[tuple[str, bytes], ...]) -> list[Any]:
    """All handshake messages in clear, in order."""
    records = [record for _, octets in datagrams for record in DTLS(octets).records]
    fragments = [r.content for r in records if isinstance(r.content, DTLSHandshakes)]
    return [message for fragment in fragments for message in fragment.messages]


def body(datagrams: tuple[tuple[str, bytes], ...], kind: type) -> Any:
    """The last body of this class that was sent in clear and in one piece."""
    return [m.body for m in messages(datagrams) if isinstance(m.body, kind)][-1]


def opened(datagrams: tuple[tuple[str, bytes], ...]) -> list[tuple[str, int, bytes]]:
    """(sender, content type, plaintext) of every record of epoch 1."""
    hello, answer = body(datagrams, DTLSClientHello), body(datagrams, DTLSServerHello)
    suite = CIPHER_SUITES[answer.cipher_suite]
    master = Prf(SECRETS[hello.random], suite.prf_hash)
    both = protections(suite, master, hello.random, answer.random)
    keys = dict(zip(("client", "server"), both, strict=True))
    return [
        (sender, r.type, keys[sender].open(r.number, r.type, r.fragment, r.version))
        for sender, octets in datagrams
        for r in split_records(octets)[0]
        if r.epoch == 1
    ]


def plaintexts(datagrams: tuple[tuple[str, bytes], ...]) -> list[tuple[str, Any]]:
    """(sender, packet) of every record of epoch 1."""
    return [(who, dissect_plaintext(kind, text)) for who, kind, text in opened(datagrams)]

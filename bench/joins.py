# SPDX-License-Identifier: GPL-2.0-only
"""Joins a second: endpoint + KMF + tunnel codec with the cookie on, against both ends of a stock OpenSSL handshake."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from cryptography import x509
from OpenSSL import SSL

from bench.measure import Row, compare
from perc_scapy.dtls import Identity
from perc_scapy.errors import PercError
from perc_scapy.roles import Conference, Endpoint, EndpointConfig, Kmf, KmfConfig, Member
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import TunneledDtls

JOINS = 60
CONFERENCE = bytes(range(16))
PROFILE = 0x0009
MDD = "sha-256:" + "11" * 32


def rows() -> list[Row]:
    """Mutual ECDSA P-256, one datagram after the other, no network; a join ends when the EKT key is acknowledged."""
    kmf_id, alice = Identity.generate("kmf"), Identity.generate("alice")
    return [
        compare(
            "join: endpoint + KMF + tunnel codec",
            join_loop(kmf_id, alice),
            openssl_loop(kmf_id, alice),
            operations=JOINS,
            goal=0.8,
        )
    ]


def join_loop(kmf_id: Identity, alice: Identity) -> Callable[[], None]:
    """One KMF, one member that joins again and again (each time replacing its earlier association)."""
    member = Member("alice", alice.fingerprint)
    conference = Conference(
        CONFERENCE, "bench", PROFILE, members=(member,), mdds=frozenset({MDD}), rekey_on_join=None
    )
    kmf = Kmf(KmfConfig(kmf_id, conferences=(conference,)), random=os.urandom)
    kmf.tunnel_opened("t", MDD, 0.0)
    config = EndpointConfig(alice, kmf_id.fingerprint)

    def run() -> None:
        for number in range(JOINS):
            join(kmf, Endpoint(config, random=os.urandom), os.urandom(16), float(number))

    return run


def join(kmf: Kmf, endpoint: Endpoint, association: bytes, now: float) -> None:
    """Carry datagrams as an MDD would: SupportedProfiles first, then Empty."""
    codec = TUNNEL_VERSIONS["draft00"]
    endpoint.start(now)
    profiles: tuple[int, ...] | None = (PROFILE,)
    while True:
        moved = False
        for data, _ in endpoint.datagrams_to_send(now):
            moved = True
            record = codec.encode(TunneledDtls(association, data, CONFERENCE, profiles), "mdd")
            kmf.receive_tunnel("t", record, now)
        for _, record in kmf.tunnel_data_to_send():
            moved, profiles = True, None
            message = codec.decode(record, "kmf")
            if message.association_id == association:
                endpoint.receive_datagram(message.dtls, None, now)
        while endpoint.next_event() is not None or kmf.next_event() is not None:
            pass
        if not moved:
            break
    if not endpoint.ready:
        raise PercError("the benchmark's join did not complete")


def openssl_loop(server: Identity, client: Identity) -> Callable[[], None]:
    """Contexts are made once; each round makes fresh connections over memory BIOs. No cookie: OpenSSL is given that."""
    contexts = context(server), context(client)

    def run() -> None:
        for _ in range(JOINS):
            handshake(SSL.Connection(contexts[0], None), SSL.Connection(contexts[1], None))

    return run


def context(identity: Identity) -> SSL.Context:
    """DTLS 1.2, client certificate demanded, any certificate accepted, no tickets."""
    made = SSL.Context(SSL.DTLS_METHOD)
    made.set_max_proto_version(0xFEFD)
    made.use_certificate(x509.load_der_x509_certificate(identity.certificate))
    made.use_privatekey(identity.private_key)
    made.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    made.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET)
    made.set_tlsext_use_srtp(b"SRTP_DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM")
    return made


def handshake(server: SSL.Connection, client: SSL.Connection) -> None:
    """Until both sides are done, then export keying material on both, as a DTLS-SRTP user would."""
    server.set_accept_state()
    client.set_connect_state()
    for side in (server, client):
        side.set_ciphertext_mtu(1200)
    pending = {server, client}
    while pending:
        for side, other in ((client, server), (server, client)):
            try:
                side.do_handshake()
                pending.discard(side)
            except SSL.WantReadError:
                pass
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(side.bio_read(65536))
    for side in (server, client):
        side.export_keying_material(b"EXTRACTOR-dtls_srtp", 112, None)

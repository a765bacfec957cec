# SPDX-License-Identifier: GPL-2.0-only
"""Joins a second: endpoint + KMF + tunnel codec with the cookie on, against both ends of a stock OpenSSL handshake.

Both sides: mutual ECDSA P-256, X25519, AES-256-GCM with SHA-384, extended master secret, no resumption, exported SRTP
keys, certificates told by fingerprint and not seen before, nothing on a network. Ours alone: the cookie exchange, each
datagram in a tunnel message, hop keys for the MDD, an EKT key sent, acknowledged and put to use.
"""

from __future__ import annotations

import contextlib
import os
from hashlib import sha256

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509

from bench.measure import Row, Work, compare
from perc_scapy.dtls import Identity
from perc_scapy.dtls.signatures import public_key_of
from perc_scapy.errors import PercError
from perc_scapy.roles import Conference, Endpoint, EndpointConfig, Kmf, KmfConfig, Member
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import TunneledDtls

JOINS = 20
CONFERENCE = bytes(range(16))
PROFILE = 0x0009
MDD = "sha-256:" + "11" * 32
CODEC = TUNNEL_VERSIONS["draft00"]


def rows() -> list[Row]:
    """One datagram after the other; a join ends when the EKT key is acknowledged."""
    return [compare("join: endpoint + KMF + tunnel codec", ours, stock, operations=JOINS, goal=0.8)]


def ours() -> Work:
    """A new KMF with a conference of `JOINS` members, who join one after the other."""
    kmf_identity = Identity.generate("kmf")
    identities = [Identity.generate(f"member {number}") for number in range(JOINS)]
    conference = Conference(
        CONFERENCE,
        "bench",
        PROFILE,
        members=tuple(Member(i.fingerprint, i.fingerprint) for i in identities),
        mdds=frozenset({MDD}),
        rekey_on_join=None,
    )
    kmf = Kmf(KmfConfig(kmf_identity, conferences=(conference,)), random=os.urandom)
    kmf.tunnel_opened("t", MDD, 0.0)
    configs = [EndpointConfig(i, kmf_identity.fingerprint) for i in identities]
    ready: list[bool] = []

    def run() -> None:
        for number, config in enumerate(configs):
            # An endpoint is a process of its own: no join may profit from certificates that another one parsed.
            public_key_of.cache_clear()
            endpoint = Endpoint(config, random=os.urandom)
            join(kmf, endpoint, number.to_bytes(16, "big"), 0.0)
            ready.append(endpoint.ready)
        acknowledged = {member.spi for member in kmf.members(CONFERENCE)}
        if ready != [True] * JOINS or acknowledged != set(endpoint.spis(0.0)):
            raise PercError("the benchmark's joins did not complete")

    return run


def join(kmf: Kmf, endpoint: Endpoint, association: bytes, now: float) -> None:
    """Carry datagrams as an MDD would: SupportedProfiles first, then Empty."""
    endpoint.start(now)
    profiles: tuple[int, ...] | None = (PROFILE,)
    moved = True
    while moved:
        moved = False
        for data, _ in endpoint.datagrams_to_send(now):
            moved = True
            message = TunneledDtls(association, data, CONFERENCE, profiles)
            kmf.receive_tunnel("t", CODEC.encode(message, "mdd"), now)
        for _, record in kmf.tunnel_data_to_send():
            moved, profiles = True, None
            endpoint.receive_datagram(CODEC.decode(record, "kmf").dtls, None, now)
        while endpoint.next_event() is not None or kmf.next_event() is not None:
            pass


def stock() -> Work:
    """Contexts are made outside the clock; each handshake has fresh connections over memory BIOs and no cookie."""
    ends = Identity.generate("server"), Identity.generate("client")
    server, client = context(ends[0], ends[1]), context(ends[1], ends[0])

    def run() -> None:
        for _ in range(JOINS):
            handshake(SSL.Connection(server, None), SSL.Connection(client, None))

    return run


def context(identity: Identity, peer: Identity) -> SSL.Context:
    """DTLS 1.2, the peer's certificate demanded and told by its fingerprint, neither tickets nor a session cache."""
    made = SSL.Context(SSL.DTLS_METHOD)
    expected = ":".join(f"{octet:02X}" for octet in sha256(peer.certificate).digest()).encode()

    def is_peer(_connection: object, certificate: X509, *_: int) -> bool:
        return certificate.digest("sha256") == expected

    made.set_max_proto_version(0xFEFD)
    made.use_certificate(x509.load_der_x509_certificate(identity.certificate))
    made.use_privatekey(identity.private_key)
    made.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, is_peer)
    made.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET)
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
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

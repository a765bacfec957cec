# SPDX-License-Identifier: GPL-2.0-only
"""What the calls into libcrypto cost alone, through the same public Python interface: what Python could reach at most.

A hop is one AES-GCM decryption and one encryption. A join has two signatures, two verifications under keys just parsed,
two X25519 keys and exchanges, 32 HMACs of the key schedule and four protected records.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.hop import IN_KEY, OUT_KEY, PACKETS, libsrtp, wires
from bench.joins import JOINS, stock
from bench.measure import Row, Work, compare
from perc_scapy.codes import SignatureScheme
from perc_scapy.crypto.tls12 import Prf
from perc_scapy.dtls import Identity
from perc_scapy.dtls.groups import X25519Share
from perc_scapy.dtls.signatures import public_key_of, sign

SCHEME = int(SignatureScheme.ECDSA_SECP256R1_SHA256)
RANDOMS = bytes(64)
TRANSCRIPT = bytes(900)
"""Octets that CertificateVerify covers, about."""


def rows() -> list[Row]:
    """Against the same peers as the rows of hop and joins."""
    join = compare("limit of a join: its cryptography", join_calls, stock, operations=JOINS)
    return [hop(160), hop(1200), join]


def hop(size: int) -> Row:
    """The outer plaintext of a packet with an OHB, opened and sealed with a constant IV."""
    first, *packets = wires(size)
    ingress, egress, iv, header = AESGCM(IN_KEY), AESGCM(OUT_KEY), bytes(12), bytes(12)
    body = ingress.encrypt(iv, bytes(size + 17), header)

    def ours() -> Work:
        def run() -> None:
            for _ in packets:
                egress.encrypt(iv, ingress.decrypt(iv, body, header), header)

        return run

    name = f"limit of a hop: its AES-GCM, {size} octets"
    return compare(name, ours, libsrtp(first, packets, 1), operations=PACKETS)


def join_calls() -> Work:
    """For `JOINS` joins."""
    identities = Identity.generate("server"), Identity.generate("client")

    def run() -> None:
        for _ in range(JOINS):
            public_key_of.cache_clear()
            prove(*identities)
            agree()

    return run


def prove(*identities: Identity) -> None:
    """ServerKeyExchange and CertificateVerify, made and checked."""
    for identity in identities:
        signature = sign(identity.private_key, SCHEME, TRANSCRIPT)
        public_key_of(identity.certificate).verify(SCHEME, signature, TRANSCRIPT)


def agree() -> None:
    """Key exchange, key schedule and records of both ends: each seals two and opens two."""
    shares = X25519Share(os.urandom), X25519Share(os.urandom)
    for own, other in (shares, shares[::-1]):
        digest = "sha384"
        secret = Prf(own.shared(other.public), digest)(b"extended master secret", RANDOMS[:48], 48)
        prf = Prf(secret, digest)
        for label, length in (
            (b"client finished", 12),
            (b"server finished", 12),
            (b"EXTRACTOR-dtls_srtp", 112),
        ):
            prf(label, RANDOMS, length)
        keys = prf(b"key expansion", RANDOMS, 72)
        out, back = AESGCM(keys[:32]), AESGCM(keys[32:64])
        for aead in (out, back):
            aead.decrypt(keys[:12], aead.encrypt(keys[:12], bytes(40), keys[:13]), keys[:13])

# SPDX-License-Identifier: GPL-2.0-only
"""TLS 1.2 arithmetic against the published PRF vectors and against OpenSSL."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from perc_scapy.crypto import tls12
from perc_scapy.errors import EncodeError

# "Test vectors for TLS1.2 PRF", sent to the TLS working group's list in 2009 and copied by most stacks
PUBLISHED = {
    "sha256": (
        "9bbe436ba940f017b17652849a71db35",
        "a0ba9f936cda311827a6f796ffd5198c",
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
        "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
        "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
        "87347b66",
    ),
    "sha384": (
        "b80b733d6ceefcdc71566ea48e5567df",
        "cd665cf6a8447dd6ff8b27555edb7465",
        "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
        "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
        "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
        "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6"
        "91c8f3a26854308d5eaa3be85e0990703d73e56f",
    ),
}


@pytest.mark.parametrize("digest", PUBLISHED)
def test_prf_published_vectors(digest):
    secret, seed, output = map(bytes.fromhex, PUBLISHED[digest])
    assert tls12.prf(secret, b"test label", seed, len(output), digest) == output
    assert tls12.prf(secret, b"test label", seed, 12, digest) == output[:12]


@pytest.mark.parametrize("digest", PUBLISHED)
@pytest.mark.parametrize("length", [0, 1, 48, 64, 65, 128, 129, 300])
def test_prf_with_secrets_around_the_block_size(digest, length):
    """The first block of P_hash, written down with the standard library's HMAC."""
    secret, seed = bytes(range(256)) * 2, b"seed"
    first = hmac.digest(secret[:length], b"label" + seed, digest)
    block = hmac.digest(secret[:length], first + b"label" + seed, digest)
    assert tls12.prf(secret[:length], b"label", seed, len(block), digest) == block


def test_key_block_order():
    """RFC 5246 6.3: client key, server key, client IV, server IV; the seed has the server's random first."""
    suite = tls12.CIPHER_SUITES[0xC02B]
    master = bytes(48)
    keys = tls12.key_block(suite, tls12.Prf(master), b"c" * 32, b"s" * 32)
    material = tls12.prf(master, b"key expansion", b"s" * 32 + b"c" * 32, 40)
    assert b"".join(keys) == material
    assert [len(part) for part in keys] == [16, 16, 4, 4]
    assert "16-octet" in repr(keys)
    assert material[:4].hex() not in repr(keys)


def test_protections_are_for_one_direction_each():
    suite = tls12.CIPHER_SUITES[0xC030]
    prf = tls12.Prf(bytes(48), "sha384")
    client, server = tls12.protections(suite, prf, b"c" * 32, b"s" * 32)
    again, _ = tls12.protections(suite, prf, b"c" * 32, b"s" * 32)
    sealed = client.seal(1 << 48, 23, b"content")
    assert again.open(1 << 48, 23, sealed) == b"content"
    assert server.seal(1 << 48, 23, b"content") != sealed


@pytest.mark.req("DTL-02")
def test_exporter_seed_and_context():
    """RFC 5705 section 4: both randoms, client first; an empty context is not the absence of one."""
    prf = tls12.Prf(b"m" * 48)
    plain = tls12.exporter(prf, b"L", b"c" * 32, b"s" * 32, 60)
    assert plain == tls12.prf(b"m" * 48, b"L", b"c" * 32 + b"s" * 32, 60)
    empty = tls12.exporter(prf, b"L", b"c" * 32, b"s" * 32, 60, b"")
    assert empty == tls12.prf(b"m" * 48, b"L", b"c" * 32 + b"s" * 32 + b"\0\0", 60)
    some = tls12.exporter(prf, b"L", b"c" * 32, b"s" * 32, 60, b"ctx")
    assert some == tls12.prf(b"m" * 48, b"L", b"c" * 32 + b"s" * 32 + b"\0\3ctx", 60)
    with pytest.raises(EncodeError):
        tls12.exporter(prf, b"L", bytes(32), bytes(32), 1, bytes(65536))


def test_master_secrets():
    digest = hashlib.sha256(b"messages").digest()
    plain = tls12.master_secret(b"pre", b"c" * 32, b"s" * 32)
    assert plain == tls12.prf(b"pre", b"master secret", b"c" * 32 + b"s" * 32, 48)
    extended = tls12.extended_master_secret(b"pre", digest)
    assert extended == tls12.prf(b"pre", b"extended master secret", digest, 48)


def test_finished_has_12_octets_and_depends_on_the_side():
    prf = tls12.Prf(b"m" * 48)
    client = tls12.finished(prf, b"client finished", bytes(32))
    assert len(client) == 12
    assert client != tls12.finished(prf, b"server finished", bytes(32))


def test_prf_hides_its_secret():
    assert repr(tls12.Prf(b"secret")) == "Prf()"

# SPDX-License-Identifier: GPL-2.0-only
"""Record protection: all five kinds of suite against records that OpenSSL sealed."""

from __future__ import annotations

import pytest

from perc_scapy.crypto import tls12
from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.dtls import Identity
from perc_scapy.errors import AuthenticationError, EncodeError
from tests.dtls.openssl_peer import OpenSslPeer, context, cut_records
from tests.dtls.pairs import seeded, shuttle

SUITES = {
    0xC02B: b"ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02C: b"ECDHE-ECDSA-AES256-GCM-SHA384",
    0xCCA9: b"ECDHE-ECDSA-CHACHA20-POLY1305",
    0xC0AC: b"ECDHE-ECDSA-AES128-CCM",
    0xC0AE: b"ECDHE-ECDSA-AES128-CCM8@SECLEVEL=0",
}


@pytest.mark.req("DTL-04")
@pytest.mark.parametrize("code", SUITES)
def test_opens_what_openssl_sealed(code):
    lines: list[bytes] = []
    who = Identity.generate(f"for {code:04x}", random=seeded(code))
    ctx = context(who, suites=SUITES[code], tickets=False)
    ctx.set_keylog_callback(lambda _connection, line: lines.append(line))
    client, server = OpenSslPeer(ctx, server=False), OpenSslPeer(ctx, server=True)
    client.start(0.0)
    flights = shuttle(client, server)
    assert client.established, (client.error, server.error)
    client.send_application(b"up")
    server.send_application(b"down")
    records = [
        (name, r) for name, d in [*flights, *shuttle(client, server)] for r in cut_records(d)
    ]

    server_hello = next(r for name, r in records if name == "server" and r[13] == 2)
    assert int.from_bytes(server_hello[60 + server_hello[59] :][:2], "big") == code
    _, client_random, master = next(line for line in lines if b"CLIENT_RANDOM" in line).split()
    suite = tls12.CIPHER_SUITES[code]
    up, down = tls12.protections(
        suite,
        tls12.Prf(bytes.fromhex(master.decode()), suite.prf_hash),
        bytes.fromhex(client_random.decode()),
        server_hello[27:59],
    )
    opened = {"client": [], "server": []}
    for name, record in records:
        number = int.from_bytes(record[3:11], "big")
        if number >> 48:
            side = up if name == "client" else down
            opened[name].append((record[0], side.open(number, record[0], record[13:])))
    assert [kind for kind, _ in opened["client"]] == [22, 23]
    assert opened["client"][0][1][0] == 20  # Finished
    assert opened["client"][1][1] == b"up"
    assert opened["server"][-1] == (23, b"down")


def row(code: int) -> RecordProtection:
    suite = tls12.CIPHER_SUITES[code]
    return RecordProtection(suite, bytes(suite.key_length), bytes(suite.iv_length))


@pytest.mark.parametrize("code", SUITES)
def test_every_octet_is_protected(code):
    side, number = row(code), 1 << 48 | 5
    sealed = side.seal(number, 22, b"content")
    assert side.open(number, 22, sealed) == b"content"
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(AuthenticationError):
            side.open(number, 22, bytes(damaged))
    for wrong in ((number + 1, 22), (number, 23)):
        with pytest.raises(AuthenticationError):
            side.open(*wrong, sealed)
    with pytest.raises(AuthenticationError):
        side.open(number, 22, sealed, 0xFEFF)


@pytest.mark.parametrize("code", SUITES)
def test_short_records_do_not_raise_anything_else(code):
    side = row(code)
    for length in range(40):
        with pytest.raises(AuthenticationError):
            side.open(1 << 48, 23, bytes(length))


def test_explicit_nonce_is_the_record_number_when_we_send():
    assert row(0xC02B).seal(1 << 48 | 9, 23, b"")[:8] == bytes.fromhex("0001000000000009")


def test_explicit_nonce_is_read_from_the_record_when_we_receive():
    """OpenSSL starts its nonce at random, so it says nothing about the record number (RFC 5288 section 3)."""
    side = row(0xC02B)
    sealed = side.seal(1 << 48 | 9, 23, b"")
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    number = 1 << 48 | 10
    nonce = b"anything"
    aad = number.to_bytes(8, "big") + bytes((23, 0xFE, 0xFD, 0, 2))
    foreign = nonce + AESGCM(bytes(16)).encrypt(bytes(4) + nonce, b"ok", aad)
    assert side.open(number, 23, foreign) == b"ok"
    assert foreign[:8] != sealed[:8]


def test_wrong_lengths_are_our_mistake():
    suite = tls12.CIPHER_SUITES[0xC02B]
    with pytest.raises(EncodeError):
        RecordProtection(suite, bytes(15), bytes(4))
    with pytest.raises(EncodeError):
        RecordProtection(suite, bytes(16), bytes(12))
    assert repr(RecordProtection(suite, bytes(16), bytes(4))) == f"RecordProtection({suite.name})"

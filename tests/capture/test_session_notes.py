# SPDX-License-Identifier: GPL-2.0-only
"""What is said of records that stayed closed: each cause by its own name, none where all is well."""

from __future__ import annotations

import struct

import pytest

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.notes import Note
from perc_scapy.codes import HandshakeType
from perc_scapy.dtls.codec import ServerHello, encode_fragment, encode_server_hello
from perc_scapy.dtls.record import encode_record
from tests.capture.conversations import keylog_of, observed, recorded
from tests.capture.openssl_talk import DTLS_1_0, talk
from tests.capture.tables import CLIENT, SERVER, between, table_of, texts

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def packets_of(log, kind: int) -> set[int]:
    return {m.packet for m in observed(log).sessions[0].messages if m.type == kind}


def test_a_key_log_of_another_run() -> None:
    said, other = recorded("this"), recorded("that")
    table = table_of(between(said.log), other.keylog)
    notes = table.notes(other.keylog)
    assert notes[0] == Note(None, "error", "the key log has 1 session, none of this capture's 1")
    assert notes[1].text.startswith("the key log has no secret of CLIENT_RANDOM ")
    assert notes[1].packet in packets_of(said.log, HandshakeType.SERVER_HELLO)


def test_the_right_random_with_the_wrong_secret() -> None:
    said = recorded()
    ((random, _),) = said.keylog.masters()
    wrong = keylog_of([f"CLIENT_RANDOM {random.hex()} {bytes(48).hex()}"])
    (note,) = table_of(between(said.log), wrong).notes(wrong)
    assert note.severity == "error"
    assert note.text == f"secret of CLIENT_RANDOM {random.hex()[:16]}… does not open its records"


def test_no_key_log_at_all() -> None:
    said = recorded()
    notes = table_of(between(said.log), KeyLog()).notes(KeyLog())
    assert notes == [Note(None, "note", "no key log: 1 session stays closed")]


def test_a_lost_server_hello() -> None:
    said = recorded()
    gone = packets_of(said.log, HandshakeType.SERVER_HELLO)
    log = [item for number, item in enumerate(said.log, 1) if number not in gone]
    (text,) = texts(table_of(between(log), said.keylog), said.keylog)
    assert text == "ServerHello not in the capture: without its random no key can be derived"


def test_a_suite_without_a_cipher_and_an_old_version() -> None:
    said = talk(b"ECDHE-ECDSA-ARIA128-GCM-SHA256")
    (text,) = texts(table_of(between(said.log), said.keylog), said.keylog)
    assert text == "DTLS 1.2 with TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256: not decrypted"
    old = talk(b"ECDHE-ECDSA-AES128-SHA", version=DTLS_1_0)
    assert texts(table_of(between(old.log), old.keylog), old.keylog) == [
        "DTLS 1.0: deprecated by RFC 8996"
    ]


def test_forged_server_hellos_and_which_one_is_right() -> None:
    said, forged = recorded(), recorded("forged")
    log = [said.log[0], *[item for item in forged.log if item[0] == "server"][:1], *said.log[1:]]
    table = table_of(between(log), said.keylog)
    (text, *_) = texts(table, said.keylog)
    assert text.startswith(
        "2 different ServerHellos answer one ClientHello; the keys agree with that of packet 3"
    )


def test_a_damaged_record_among_good_ones() -> None:
    said = recorded()
    who, data = said.log[-1]
    log = [*said.log[:-1], (who, data[:-1] + bytes((data[-1] ^ 1,)))]
    (note,) = table_of(between(log), said.keylog).notes(said.keylog)
    assert (note.packet, note.severity) == (len(log), "warning")
    assert "1 record of epoch 1" in note.text
    assert note.text.endswith("do not open: damaged, or of others")


def test_an_epoch_that_no_handshake_leads_to() -> None:
    said = recorded()
    stray = encode_record(23, 5 << 48 | 1, bytes(40))
    log = [*said.log, ("client", stray)]
    (note,) = table_of(between(log), said.keylog).notes(said.keylog)
    assert note.packet == len(log)
    assert "1 record of epoch 5" in note.text
    assert note.text.endswith("no handshake in the capture leads there")


def hello_of_13(random: bytes) -> bytes:
    """ServerHello of DTLS 1.3: the old version number, the new one in supported_versions (RFC 9147 5.4)."""
    body = encode_server_hello(ServerHello(0xFEFD, random, b"", 0x1301, 0, {43: b"\xfe\xfc"}))
    return encode_record(22, 0, encode_fragment(2, len(body), 0, 0, body))


def test_dtls_1_3_is_named() -> None:
    said = recorded()
    unified = b"\x2f\x00\x01" + struct.pack("!H", 30) + bytes(30)
    log = [said.log[0], ("server", hello_of_13(b"s" * 32) + unified), ("client", unified)]
    table = table_of(between(log), said.keylog)
    assert table.notes(said.keylog) == [Note(2, "warning", "DTLS 1.3: not decrypted")]
    ((session, _, _),) = table.sessions()
    assert session.version == "DTLS 1.3"
    assert table.malformed == []


def test_dtls_1_3_without_its_handshake() -> None:
    table = table_of([(CLIENT, SERVER, b"\x2c" + bytes(40))], KeyLog())
    assert table.notes(KeyLog()) == [Note(1, "warning", "DTLS 1.3: not decrypted")]


def test_connection_ids_are_named() -> None:
    said = recorded()
    cid = b"\x19\xfe\xfd\x00\x01" + bytes(6) + b"\x07\x07" + struct.pack("!H", 30) + bytes(30)
    table = table_of([*between(said.log), (CLIENT, SERVER, cid)], said.keylog)
    (note,) = table.notes(said.keylog)
    assert note == Note(
        len(said.log) + 1, "warning", "records with a connection id (RFC 9146) stay closed"
    )


def test_connection_ids_that_were_negotiated() -> None:
    said = recorded()
    hello = ServerHello(0xFEFD, b"s" * 32, b"", 0xC02B, 0, {54: b"\x01\x07"})
    body = encode_server_hello(hello)
    log = [said.log[0], ("server", encode_record(22, 0, encode_fragment(2, len(body), 0, 0, body)))]
    (text,) = texts(table_of(between(log), said.keylog), said.keylog)
    assert text == "connection ids (RFC 9146): records with one stay closed"


def test_a_key_log_that_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perc_scapy.capture.keylog.MAX_SECRETS", 1)
    said = recorded()
    keylog = KeyLog()
    keylog.add_text(f"CLIENT_RANDOM {bytes(32).hex()} {bytes(48).hex()}".encode())
    keylog.add_text(said.keylog.to_text())
    (text,) = texts(table_of(between(said.log), keylog), keylog)
    assert text == "key log too long: its first 1 secrets are not used"

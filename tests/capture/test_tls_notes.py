# SPDX-License-Identifier: GPL-2.0-only
"""What is said of TLS connections: each cause by its own name, none where all is well."""

from __future__ import annotations

import pytest

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.notes import Note
from tests.capture.conversations import keylog_of
from tests.capture.tables import CLIENT, SERVER
from tests.capture.tls_talk import TLS_1_2, chunks, losing, table_of, tls_talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def notes(found, keylog) -> list[Note]:
    return table_of(found, keylog).notes(keylog)


def test_nothing_to_say_of_what_opens() -> None:
    for said in (tls_talk(), tls_talk(version=TLS_1_2)):
        assert notes(chunks(said.stream), said.keylog) == []


def test_no_key_log_and_a_key_log_of_another_run() -> None:
    said, other = tls_talk(), tls_talk()
    found = chunks(said.stream)
    assert notes(found, KeyLog()) == [Note(None, "note", "no key log: 1 session stays closed")]
    first, second = notes(found, other.keylog)
    assert first == Note(None, "error", "the key log has 1 session, none of this capture's 1")
    assert second.text.startswith("the key log has no secret of CLIENT_RANDOM ")


@pytest.mark.parametrize("version", [TLS_1_2, 0x0304])
def test_the_right_random_with_the_wrong_secret(version: int) -> None:
    said = tls_talk(version=version)
    wrong = keylog_of([f"{line.rsplit(' ', 1)[0]} {'ab' * 48}" for line in said.lines])
    (note,) = notes(chunks(said.stream), wrong)
    assert note.severity == "error"
    assert note.text.endswith("does not open its records")


def test_a_suite_without_a_cipher() -> None:
    said = tls_talk(b"ECDHE-ECDSA-ARIA128-GCM-SHA256", version=TLS_1_2)
    (note,) = notes(chunks(said.stream), said.keylog)
    assert note.text == "TLS 1.2 with TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256: not decrypted"


def test_a_version_that_chains_its_ivs() -> None:
    said = tls_talk(b"ECDHE-ECDSA-AES128-SHA", version=0x0301)
    (note,) = notes(chunks(said.stream), said.keylog)
    assert note.text == "TLS 1.0 with TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: not decrypted"


def test_lost_octets_are_counted_by_side() -> None:
    said = tls_talk(messages=[("client", bytes(500))] * 20)
    found = chunks(said.stream, size=500)
    gone = found[-6]
    (note,) = [n for n in notes(losing(found, {gone.number}), said.keylog) if "stream" in n.text]
    assert note.severity == "warning"
    assert note.text.endswith(" octets of the client's TLS stream are not in the capture")
    assert int(note.text.split()[0]) >= len(gone.data)


def test_without_hellos() -> None:
    said = tls_talk()
    found = chunks(said.stream)
    client, server = [c for c in found if c.src == CLIENT], [c for c in found if c.src == SERVER]
    (note,) = notes(losing(found, {c.number for c in client[:2]} | {server[0].number}), said.keylog)
    assert note.text == f"handshake not in the capture: TLS records between {SERVER} and {CLIENT}"
    texts = [n.text for n in notes(losing(found, {c.number for c in server}), said.keylog)]
    assert "ServerHello not in the capture: no key can be derived without it" in texts


def test_some_records_that_do_not_open() -> None:
    said = tls_talk(messages=[("client", bytes(50))] * 5)
    keylog = keylog_of([line for line in said.lines if "HANDSHAKE" in line])
    (note,) = notes(chunks(said.stream), keylog)
    assert note.text.startswith("7 records of CLIENT_RANDOM ")
    assert note.text.endswith(" (TLS 1.3) do not open")

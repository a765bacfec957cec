# SPDX-License-Identifier: GPL-2.0-only
"""Secrets by safe names, and what they open."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.crypto import Key
from perc_scapy.keys.listing import log_entries, stated_entries
from tests.capture.handmade import k, three_flows
from tests.capture.test_stated_hops import ekt_table, hop_tables, said, table
from tests.capture.test_stated_hops import talk as stated_talk  # noqa: F401  a fixture
from tests.capture.webrtc import Call


def test_each_line_and_what_it_opens() -> None:
    talk = three_flows()
    log = talk.keylog()
    log.add_text(b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48)
    entries = log_entries(log, "keys.log", Analysis(talk.trace, talk.keylog()))
    assert [len(entry.opens) for entry in entries] == [1, 2, 2, 2, 0]
    assert entries[0].opens[0].startswith("tunnel (draft00) 127.0.0.1:50000 → 127.0.0.1:4433, ")
    assert entries[1].opens[1].startswith("DTLS inside the tunnel endpoint → KMF")
    assert {entry.source for entry in entries} == {"keys.log"}
    assert entries[-1].short == "ab" * 8 + "…"


def test_no_entry_shows_a_secret() -> None:
    talk = three_flows()
    entries = {entry.name: entry for entry in log_entries(talk.keylog(), "x", None)}
    for line in talk.lines:
        _, random, secret = line.split()
        entry = entries[random]
        assert entry.id == Key.fromhex(secret).id
        shown = repr(entry) + str(entry.to_json())
        assert not any(secret[at : at + 12] in shown for at in range(0, 84, 2))


def test_a_plain_call() -> None:
    call = Call().handshake()
    (entry,) = log_entries(call.keylog(), "x", Analysis(call.trace, call.keylog()))
    assert entry.opens == ("DTLS 1.2 192.0.2.10:51000 → 198.51.100.20:3478, 2 records",)


def test_lines_of_other_forms() -> None:
    log = KeyLog()
    log.add_text(b"RSA Session-ID:" + b"ab" * 32 + b" Master-Key:" + b"cd" * 48 + b"\n")
    log.add_text(b"EXPORTER_SECRET " + b"ab" * 32 + b" " + b"11" * 32)
    session, exporter = log_entries(log, "x", None)
    assert (session.kind, session.id) == ("RSA", Key(b"\xcd" * 48).id)
    assert exporter.kind == "EXPORTER_SECRET"


def test_stated_keys_with_the_packets_they_open(stated_talk) -> None:  # noqa: F811
    said(stated_talk)
    ring = Keyring()
    text = hop_tables(stated_talk, 9) + table(1, stated_talk_cm()) + ekt_table()
    ring.add_text(text.encode(), "k.toml")
    entries = stated_entries(
        ring.statements, Analysis(stated_talk.trace[stated_talk.start :], ring).media
    )
    assert [(e.kind, e.opens) for e in entries] == [
        ("srtp hop", ("8 packets",)),
        ("srtp hop", ("8 packets",)),
        ("srtp hop", ()),
        ("ekt", ("16 packets",)),
    ]
    assert entries[0].name == "SRTP_AEAD_AES_128_GCM from 127.0.0.1:40000"
    assert entries[3].name == f"SPI {k(1).spi:#06x}"
    assert entries[3].source == "k.toml: ekt[1]"


def stated_talk_cm():
    from tests.capture.test_stated_hops import keys

    return keys(1, 9)

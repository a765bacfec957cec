# SPDX-License-Identifier: GPL-2.0-only
"""Transcript and session secrets."""

from __future__ import annotations

import hashlib

import pytest

from perc_scapy.crypto import tls12
from perc_scapy.dtls.transcript import Session, Transcript


def session(code: int = 0xC02C) -> Session:
    return Session(tls12.CIPHER_SUITES[code], b"c" * 32, b"s" * 32)


def test_transcript():
    transcript = Transcript()
    transcript.add(b"one")
    transcript.reset()
    transcript.add(b"two")
    transcript.add(b"three")
    assert transcript.octets() == b"twothree"
    assert transcript.hash("sha256") == hashlib.sha256(b"twothree").digest()
    assert transcript.hash("sha384") == hashlib.sha384(b"twothree").digest()


@pytest.mark.parametrize("extended", [True, False])
def test_derivation(extended):
    transcript, one = Transcript(), session()
    transcript.add(b"messages")
    one.extended = extended
    one.derive(b"premaster", transcript)
    if extended:
        expected = tls12.extended_master_secret(b"premaster", transcript.hash("sha384"), "sha384")
    else:
        expected = tls12.master_secret(b"premaster", b"c" * 32, b"s" * 32, "sha384")
    assert one.master == expected
    verify = tls12.prf(expected, b"client finished", transcript.hash("sha384"), 12, "sha384")
    assert one.finished(b"client finished", transcript) == verify


@pytest.mark.req("DTL-02")
def test_export_has_both_randoms_and_no_context():
    one = session()
    one.derive(b"premaster", Transcript())
    expected = tls12.prf(one.master, b"L", b"c" * 32 + b"s" * 32, 112, "sha384")
    assert one.export(b"L", 112, None) == expected


def test_key_log_line():
    one, lines = session(), []
    one.derive(b"premaster", Transcript())
    one.log(lines.append)
    one.log(None)
    assert lines == [f"CLIENT_RANDOM {'63' * 32} {bytes(one.master).hex()}"]


def test_no_secret_in_text():
    one = session()
    one.derive(b"premaster", Transcript())
    assert bytes(one.master).hex() not in f"{one!r} {one.master!r} {one.prf!r}"

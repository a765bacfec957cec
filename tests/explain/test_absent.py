# SPDX-License-Identifier: GPL-2.0-only
"""What is missing is told before anything is tried."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.absent import absent, profile_of
from tests.explain.forge import (
    Sender,
    association,
    conference,
    keylog,
    sealed,
    with_packets,
)


def test_an_open_packet() -> None:
    cause = absent(conference(), conference().media[0])
    assert cause is not None
    assert cause.kind == "open"


def test_a_packet_sent_twice() -> None:
    wire = Sender().packet()
    analysis = with_packets(wire, wire)
    cause = absent(analysis, analysis.media[-1])
    assert cause is not None
    assert "duplicate or a replay" in cause.text


def test_nothing_is_missing_where_a_tag_is_wrong() -> None:
    wire = bytearray(Sender().packet())
    wire[20] ^= 1
    analysis = with_packets(bytes(wire))
    assert absent(analysis, analysis.media[-1]) is None


def missing(analysis: Analysis) -> set[str]:
    causes = [absent(analysis, m) for m in analysis.media if m.association is not None]
    assert causes
    assert all(cause is not None and cause.kind == "missing" for cause in causes)
    return {cause.text for cause in causes if cause is not None}


def test_dtls_1_3_is_not_blamed_on_the_key_log() -> None:
    stranger = keylog(b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48)
    (text,) = missing(Analysis(sealed("webrtc-dtls13"), stranger))
    assert "DTLS 1.3, which is not decrypted" in text


def test_no_key_log_at_all_is_not_one_of_another_run() -> None:
    (text,) = missing(Analysis(sealed("session-setup-2")))
    assert text == "no key log was given: nothing says what its keys are"


def test_profile() -> None:
    assert profile_of(association()) == 0x0009

# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes that fail say why, judged on recorded captures."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.cause import Cause
from perc_scapy.explain.handshake import complete, explain_association
from tests.explain.forge import conference, keylog, recorded, sealed


def texts(name: str) -> str:
    return "\n".join(c.text for a in conference(name).associations for c in explain_association(a))


@pytest.mark.parametrize("name", ["session-setup-2", "new-user-joins", "loss", "five-members"])
def test_what_went_well_needs_no_explanation(name: str) -> None:
    assert texts(name) == ""
    assert all(complete(a.sessions[0]) for a in conference(name).associations)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong-endpoint-certificate", "certificate"),
        ("wrong-kmf-certificate", "certificate"),
        ("no-common-profile", "alert"),
    ],
)
def test_refusals(name: str, words: str) -> None:
    assert words in texts(name)


def test_a_handshake_cut_short() -> None:
    packets, text = recorded("session-setup-1")
    analysis = conference("session-setup-1")
    hello = analysis.associations[0].sessions[0].messages[0].packet
    cut = Analysis([p for p in packets if p.number <= hello + 3], keylog(text))
    found = [c.text for a in cut.associations for c in explain_association(a)]
    assert found
    assert any("stops after" in t or "no answer" in t or "never shows" in t for t in found)


def test_nobody_answers() -> None:
    packets, text = recorded("session-setup-1")
    a = conference("session-setup-1").associations[0]
    hellos = [p for p in packets if p.src == a.endpoint][:1]
    again = [p.__class__(p.number + 1, p.time + 1.0, p.src, p.dst, p.data) for p in hellos]
    analysis = Analysis([*hellos, *again], keylog(text))
    found = [c.text for x in analysis.associations for c in explain_association(x)]
    assert any("no answer to 2 ClientHellos in 1.0 s" in t for t in found)


def causes_without(gone: set[int], name: str = "session-setup-2") -> list[Cause]:
    packets, text = recorded(name)
    cut = Analysis([p for p in packets if p.number not in gone], keylog(text))
    return [c for a in cut.associations for c in explain_association(a)]


def test_one_direction_alone_is_no_silence() -> None:
    packets, text = recorded("session-setup-2")
    a = conference("session-setup-2").associations[0]
    mine = Analysis([p for p in packets if p.src == a.endpoint], keylog(text))
    (cause,) = explain_association(mine.associations[0])
    assert (cause.kind, cause.text[:20]) == ("missing", "the client goes on, ")


def test_what_the_capture_lost_is_nobodys_fault() -> None:
    a = conference("session-setup-2").associations[0]
    given = {k.packet for s in a.sessions for k in s.ekt_keys()}
    acks = {s.acknowledgement(k.message).packet for s in a.sessions for k in s.ekt_keys()}
    for gone, words in (
        (given, "no ekt_key message came"),
        (acks, "never acknowledged"),
        (given | acks, "no ekt_key message came"),
    ):
        (cause,) = causes_without(gone)
        assert words in cause.text
        assert cause.kind == "missing"


def test_an_ekt_key_sent_again_and_again_was_not_acknowledged() -> None:
    (cause,) = causes_without(set(), "violation-ekt-key-unacknowledged")
    assert (cause.kind, "never acknowledged" in cause.text) == ("found", True)


def test_of_dtls_1_3_nothing_is_guessed() -> None:
    """All but its hellos is encrypted: that no more is seen does not mean that it stopped there."""
    analysis = Analysis(sealed("webrtc-dtls13"))
    assert [explain_association(a) for a in analysis.associations] == [[]]
    assert any("DTLS 1.3: not decrypted" in note.text for note in analysis.notes)

# SPDX-License-Identifier: GPL-2.0-only
"""Plain DTLS-SRTP calls as steps."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.calls import call_section, is_plain
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.whole_story import whole_story
from tests.capture.golden_captures import golden
from tests.capture.handmade import three_flows


def test_what_is_a_call() -> None:
    assert all(is_plain(a) for a in golden("webrtc-gcm").associations)
    talk = three_flows()
    assert not any(is_plain(a) for a in Analysis(talk.trace, talk.keylog()).associations)


def test_a_call() -> None:
    analysis = golden("webrtc-gcm")
    (association,) = analysis.associations
    section = call_section("A", association, analysis.media)
    assert section.title.startswith("Call A: DTLS-SRTP between ")
    assert [(s.id, s.message) for s in section.steps[:4]] == [
        ("A-01", "ClientHello"), ("A-02", "ServerHello …"), ("A-03", "ClientKeyExchange … Finished"),
        ("A-04", "Finished"),
    ]  # fmt: skip
    assert "SRTP_AEAD_AES_128_GCM" in section.steps[1].notes[0]
    media = [s for s in section.steps if s.message.startswith("SRTP ")]
    assert {(s.src, s.dst) for s in media} == {("client", "server"), ("server", "client")}
    assert all(s.notes == ["opened"] for s in media)


def test_without_keys_it_is_told_what_stayed_closed() -> None:
    opened = golden("webrtc-gcm")
    closed = Analysis([*opened.datagrams], KeyLog())
    section = call_section("A", closed.associations[0], closed.media)
    media = [s for s in section.steps if s.message.startswith("SRTP ")]
    assert media
    assert all(s.notes[0].startswith("closed: ") for s in media)
    assert section.steps[3].seen  # a sealed Finished is where it must be


def test_dtls_1_3_is_named() -> None:
    analysis = golden("webrtc-dtls13")
    section = call_section("A", analysis.associations[0], analysis.media)
    notes = [note for step in section.steps for note in step.notes]
    assert any("DTLS 1.3" in note for note in notes)


def test_dtls_1_3_hides_whether_there_is_srtp() -> None:
    """RFC 9147: the answer to use_srtp is in EncryptedExtensions."""
    story = whole_story(golden("webrtc-dtls13"))
    told = "\n".join(
        [s.title for s in story.sections] + [n for x in story.steps() for n in x.notes]
    )
    assert "SRTP unknown (DTLS 1.3)" in told
    assert "no SRTP" not in told
    assert "without SRTP" not in told
    assert (story.passed, story.unsure) == (False, True)


def test_a_tunnel_that_stays_closed_is_no_call() -> None:
    story = whole_story(golden("no-keys"))
    title = "DTLS that stays closed between 192.0.2.2:50000 and 192.0.2.1:4433"
    (section,) = [s for s in story.sections if s.closed]
    assert section.title == title
    assert [s.id for s in section.steps if s.id] == ["D1-01", "D1-02", "D1-03", "D1-04"]
    assert not any(s.title.startswith("Call") for s in story.sections)
    assert story.columns == ["A", "B", "MDD", "KMF", "client", "server"]

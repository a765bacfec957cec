# SPDX-License-Identifier: GPL-2.0-only
"""What each card says."""

from __future__ import annotations

from tests.workbench.test_capture import capture


def test_a_packet_is_a_tree() -> None:
    text = repr(capture()[39])
    assert "DoubleSRTP" in text
    assert "ekt: EKTFull" in text


def test_the_facts_of_a_capture() -> None:
    text = repr(capture())
    assert "draft00 over dtls" in text
    assert "78, 78 opened" in text


def test_a_comparison_names_the_place() -> None:
    text = repr(capture().diff(capture("session-setup-2")))
    assert "messages and packets compared" in text
    assert "C: handshake" in text


def test_an_explanation_has_its_clause() -> None:
    found = capture("interop-srtcp-salt").explain()
    assert "RFC 3711 section 4.3.2" in repr(found)
    assert "RFC 3711 section 4.3.2" in found._repr_html_()


def test_a_report_names_what_failed() -> None:
    text = repr(capture("violation-ohb-reserved").check())
    assert "DBL-07" in text

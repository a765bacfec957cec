# SPDX-License-Identifier: GPL-2.0-only
"""Rows of associations say what a capture tells of them, with and without keys."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.tables.associations import association_rows
from perc_scapy.view.whereabouts import Whereabouts
from tests.capture.handmade import CONFERENCE, PROFILE, three_flows


def rows(talk, keylog):
    analysis = Analysis(talk.trace, keylog)
    return list(association_rows("x", analysis, Whereabouts(analysis)))


def test_with_keys() -> None:
    talk = three_flows()
    found = rows(talk, talk.keylog())
    assert [r["association"] for r in found] == ["A", "B", "C"]
    assert {r["conference_id"] for r in found} == {CONFERENCE.hex()}
    assert {r["srtp_profile"] for r in found} == {PROFILE}
    assert [r["spis"] for r in found] == [[1, 2], [1, 2], [2]]
    assert all(r["opened"] and r["hop_keys"] and r["key_messages"] and r["tunneled"] for r in found)
    assert [r["association_id"] for r in found] == [
        talk.people[name].association_id.hex() for name in "ABC"
    ]


def test_without_keys() -> None:
    talk = three_flows()
    found = rows(talk, KeyLog())
    # That of the tunnel, of which nobody knows what it carries, is nobody's.
    assert [r["association"] for r in found] == [None, "A", "B", "C"]
    assert not any(r["opened"] or r["hop_keys"] or r["tunneled"] or r["spis"] for r in found)
    assert [r["srtp_profile"] for r in found] == [None, PROFILE, PROFILE, PROFILE]

# SPDX-License-Identifier: GPL-2.0-only
"""End-to-end layers that did not open, and what opens them."""

from __future__ import annotations

from perc_scapy.conform.subject import Subject
from tests.conform.planted import PLANTED
from tests.conform.stage import conference


def test_an_exported_salt() -> None:
    doubts = Subject(PLANTED["exported_salt"].build()).end_doubts
    assert len(doubts.exported_salts) == 4  # two packets at two hops
    assert doubts.whole_headers == []


def test_an_extension_in_the_associated_data() -> None:
    doubts = Subject(PLANTED["extension_in_the_inner_tag"].build()).end_doubts
    assert len(doubts.whole_headers) == 2
    assert doubts.exported_salts == []


def test_nothing_to_doubt_in_a_good_conference() -> None:
    doubts = Subject(conference("AB", 4).analysis()).end_doubts
    assert (doubts.closed, doubts.whole_headers, doubts.exported_salts) == ([], [], [])


def test_what_an_mdd_broke_opens_with_nothing() -> None:
    doubts = Subject(PLANTED["payload_changes"].build()).end_doubts
    assert len(doubts.closed) == 8
    assert (doubts.whole_headers, doubts.exported_salts) == ([], [])

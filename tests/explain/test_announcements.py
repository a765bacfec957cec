# SPDX-License-Identifier: GPL-2.0-only
"""Keys in EKT fields: those of the conference are found, one that never came is named."""

from __future__ import annotations

from perc_scapy.explain.announcements import Announcements
from tests.explain.forge import SSRC, Sender, conference, with_packets


def test_what_a_conference_announces() -> None:
    found = Announcements(conference())
    assert len(found.sets) == 1
    assert {key.ssrc for key in found.learned} == {m.ssrc for m in conference().media if m.rtp}


def test_highest_rollover_counter() -> None:
    first, second = Sender(), Sender(seq=1001)
    second.roc = 4
    analysis = with_packets(first.packet(), second.packet())
    assert Announcements(analysis).roc(SSRC) == 4


def test_missing_field_and_gap() -> None:
    sender = Sender(ssrc=0x01020304)
    later = Sender(ssrc=0x01020304, seq=1005)
    analysis = with_packets(sender.packet(tail=b"\0"), later.packet(tail=b"\0"))
    cause = Announcements(analysis).missing(analysis.media[-1], opens=False)
    assert cause is not None
    assert "4 packets are missing" in cause.text

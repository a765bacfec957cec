# SPDX-License-Identifier: GPL-2.0-only
"""Keys in EKT fields: those of the conference are found, one that never came is named."""

from __future__ import annotations

import pytest

from perc_scapy.explain.announcements import Announcements
from perc_scapy.explain.search import Option, Outcome
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


def test_the_packet_that_announces_is_the_one_with_the_full_field() -> None:
    first, second, third = (Sender(seq=seq) for seq in (1000, 1001, 1002))
    analysis = with_packets(first.packet(tail=b"\0"), second.packet(tail=b"\0"), third.packet())
    early, _, full = analysis.media[-3:]
    cause = Announcements(analysis).missing(early, opens=True)
    assert cause is not None
    assert f"announced only later, in packet {full.number};" in cause.text


@pytest.mark.req("EKT-13")
@pytest.mark.parametrize(("epochs", "refused"), [((1, 0), True), ((0, 1), False)])
def test_only_an_epoch_that_came_before_refuses_a_key(
    epochs: tuple[int, int], refused: bool
) -> None:
    first, second = Sender(), Sender(seq=1001, key=bytes(range(0x40, 0x50)))
    wires = [s.packet(tail=s.field(epoch=e)) for s, e in zip((first, second), epochs, strict=True)]
    analysis = with_packets(*wires)
    announced = Announcements(analysis)
    media = analysis.media[-1] if refused else analysis.media[-2]
    sender = second if refused else first
    key = next(k for k in announced.of(SSRC) if bytes(k.master.key) == sender.key)
    cause = announced.passed_epoch(media, Outcome({"key": Option(key.master)}, 1))
    assert (cause is not None) == refused


@pytest.mark.parametrize(
    ("seq", "words"),
    [
        (1001, ""),
        (1002, "; 1 packets are missing in front of it"),
        (2000, "; 999 packets are missing in front of it"),
        (2001, ""),
    ],
)
def test_a_gap_is_told_where_there_is_one(seq: int, words: str) -> None:
    """Behind the neighbour there is none; a thousand numbers are rather a new start than a loss."""
    wires = [Sender(ssrc=0x01020304, seq=n).packet(tail=b"\0") for n in (1000, seq)]
    analysis = with_packets(*wires)
    cause = Announcements(analysis).missing(analysis.media[-1], opens=False)
    assert cause is not None
    assert cause.text.endswith(f"packets with its key are lost{words}")

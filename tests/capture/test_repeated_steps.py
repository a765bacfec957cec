# SPDX-License-Identifier: GPL-2.0-only
"""Which step a repeat belongs to."""

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.repeated_steps import MOST, tell_repeats
from perc_scapy.capture.story import Storyteller
from tests.capture.handmade import HandmadeConference, k


def test_a_flight_sent_again() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    flight = next(d for d in talk.trace if d.number == 14)  # the server's, from the MDD to A
    first = len(talk.trace)
    for _ in range(MOST + 2):
        talk.seen(flight.src, flight.dst, flight.data)
    analysis = Analysis(talk.trace, talk.keylog())
    story = Storyteller(analysis).story()
    tell_repeats(analysis, story)
    noted = [
        (s.id, note) for s in story.steps() for note in s.notes if note.startswith("sent again")
    ]
    ((step, note),) = noted
    assert f"packet {first + 1}, {first + 2}" in note
    assert note.endswith("and 2 more")
    assert step in ("SS1-08", "SS1-12", "SS1-14")


def test_nothing_to_note() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    analysis = Analysis(talk.trace, talk.keylog())
    story = Storyteller(analysis).story()
    before = [list(s.notes) for s in story.steps()]
    tell_repeats(analysis, story)
    assert [s.notes for s in story.steps()] == before

# SPDX-License-Identifier: GPL-2.0-only
"""What was sent again."""

from perc_scapy.capture.repeats import DUPLICATE, RETRANSMISSION, Repeat, repeats
from tests.capture.conversations import observed, recorded


def test_a_clean_conversation_repeats_nothing() -> None:
    talk = recorded()
    (session,) = observed(talk.log, talk.keylog).sessions
    assert list(repeats(session)) == []


def test_the_same_datagram_and_the_same_flight_in_new_records() -> None:
    talk = recorded()
    sender, flight = talk.log[1]
    again = bytearray(flight)
    again[9] ^= 0x40  # another record number, the same fragments
    log = [*talk.log[:4], (sender, flight), (sender, bytes(again)), *talk.log[4:]]
    (session,) = observed(log, talk.keylog).sessions
    found = list(repeats(session))
    assert Repeat(5, DUPLICATE) in found
    assert Repeat(6, RETRANSMISSION) in found
    assert len(found) == len(set(found))

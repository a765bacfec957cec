# SPDX-License-Identifier: GPL-2.0-only
"""Rules about media find what they are for."""

import pytest

from perc_scapy.capture.checks.media import (
    ekt_fields_are_unchanged,
    joiners_cannot_look_back,
    listeners_open_what_they_may,
    senders_renew_their_keys,
)
from perc_scapy.wire import peel_ekt
from tests.capture.checks.broken import two, verdict
from tests.capture.handmade import MDD_MEDIA, HandmadeConference, k, three_flows

RULES = (
    ekt_fields_are_unchanged,
    joiners_cannot_look_back,
    listeners_open_what_they_may,
    senders_renew_their_keys,
)


@pytest.mark.req("EKT-17", "EKT-21", "R8871-22", "R8871-23", "R8871-24", "NUJ-15", "NUJ-16")
@pytest.mark.parametrize("rule", RULES)
def test_a_good_conference(rule) -> None:
    outcome = verdict(rule, three_flows())
    assert outcome.ok, outcome.detail


@pytest.mark.req("R8871-22", "EKT-17")
def test_a_sender_that_keeps_its_key_under_a_new_ekt_key() -> None:
    talk = two()
    ekt = talk.people["A"].sender.ekt
    old = bytes(ekt.master(talk.now).key)
    for name in "AB":
        talk.give(name, k(2))
    ekt._install(k(2), talk.now, old)
    for _ in range(4):
        talk.say("A", b"x")
    outcome = verdict(senders_renew_their_keys, talk)
    assert "have one key" in outcome.detail


@pytest.mark.req("EKT-21")
def test_an_mdd_that_shortens_a_field() -> None:
    talk = two()
    talk.say("A", b"x")
    last = talk.trace.pop()
    srtp, field = peel_ekt(last.data)
    other = b"\0" if len(field.raw) > 1 else b"\0\0\x04\x03"
    talk.seen(last.src, last.dst, srtp + other)
    assert not verdict(ekt_fields_are_unchanged, talk).ok


@pytest.mark.req("R8871-23")
def test_a_listener_that_lacks_a_key() -> None:
    talk = two()
    talk.give("A", k(2))
    for _ in range(6):
        talk.say("A", b"x")
    outcome = verdict(listeners_open_what_they_may, talk)
    assert not outcome.ok
    assert "B cannot open" in outcome.detail


def test_a_listener_that_is_sent_nothing() -> None:
    talk = two()
    a = talk.people["A"].address
    talk.trace = [
        d for d in talk.trace if not (d.src == MDD_MEDIA and d.dst == a and d.data[0] > 127)
    ]
    assert verdict(listeners_open_what_they_may, talk).detail == "A opens nothing of 00001042"


@pytest.mark.req("R8871-24")
def test_a_joiner_with_the_old_key_looks_back() -> None:
    talk = two()
    talk.join("C", k(1))
    talk.say("C", b"x")
    talk.say("A", b"x")
    assert verdict(joiners_cannot_look_back, talk).detail == "C opens 12 earlier packets"


def test_an_attempt_on_nothing_proves_nothing() -> None:
    talk = HandmadeConference()
    for name in "ABC":
        talk.join(name, k(1))
    assert verdict(joiners_cannot_look_back, talk).detail == "C: nothing to try it on"
    assert verdict(joiners_cannot_look_back, two()).detail == "nobody joined later"

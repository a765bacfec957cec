# SPDX-License-Identifier: GPL-2.0-only
"""Rules about keys find what they are for."""

import pytest

from perc_scapy.capture.checks.keys import (
    ekt_keys_follow_the_joins,
    keys_are_kept,
    keys_are_outer_halves,
    mdd_saw_no_secret,
)
from tests.capture.checks.broken import WrongKeys, two, verdict
from tests.capture.handmade import HandmadeConference, k, three_flows

RULES = (keys_are_outer_halves, keys_are_kept, mdd_saw_no_secret, ekt_keys_follow_the_joins)


@pytest.mark.req(
    "T00-KMF-10", "T00-KMF-13", "T00-KMF-14", "T00-MDD-11", "R8871-04", "R8871-10", "R8871-21",
    "R8871-24", "R8871-31", "EKT-26", "DBL-14", "SLD-ROLE-02",
)  # fmt: skip
@pytest.mark.parametrize("rule", RULES)
def test_a_good_conference(rule) -> None:
    outcome = verdict(rule, three_flows())
    assert outcome.ok, outcome.detail


@pytest.mark.req("T00-KMF-14", "R8871-04")
def test_a_kmf_that_gives_away_the_inner_halves() -> None:
    talk = WrongKeys()
    talk.join("A", k(1))
    outcome = verdict(keys_are_outer_halves, talk)
    assert "keys differ from the exported outer halves" in outcome.detail
    outcome = verdict(mdd_saw_no_secret, talk)
    assert not outcome.ok
    assert "inner half of an exported key" in outcome.detail


def test_a_kmf_that_swaps_the_directions() -> None:
    talk = WrongKeys()
    talk.tell = lambda keys: (keys.server.outer(), keys.client.outer())
    talk.join("A", k(1))
    assert not verdict(keys_are_outer_halves, talk).ok
    assert verdict(mdd_saw_no_secret, talk).ok


@pytest.mark.req("R8871-10")
def test_two_hops_with_one_key() -> None:
    talk = WrongKeys()
    keys = {}
    talk.tell = lambda exported: keys.setdefault(
        "first", (exported.client.outer(), exported.server.outer())
    )
    talk.join("A", k(1))
    talk.join("B", k(1))
    outcome = verdict(keys_are_kept, talk)
    assert not outcome.ok
    assert "B and A share a hop key" in outcome.detail


@pytest.mark.req("T00-KMF-11")
def test_a_repeat_is_no_change_but_other_keys_are() -> None:
    talk = two()
    person = talk.people["A"]
    same = talk._hop_keys(person)
    talk._down(person, b"", same)
    assert verdict(keys_are_kept, talk).ok
    talk._down(person, b"", _swapped(same))
    assert "HBH(A) changes" in verdict(keys_are_kept, talk).detail


def _swapped(keys):
    return type(keys)(keys.profile, keys.server, keys.client)


@pytest.mark.req("EKT-26", "R8871-04")
def test_an_ekt_key_in_the_clear_is_seen_anywhere() -> None:
    talk = two()
    talk.seen(talk.trace[0].src, talk.trace[0].dst, b"\xff here: " + bytes(k(1).key))
    outcome = verdict(mdd_saw_no_secret, talk)
    assert outcome.detail == f"packet {len(talk.trace)}: EKT key"


@pytest.mark.req("R8871-04")
def test_an_end_to_end_key_in_the_clear_is_seen_anywhere() -> None:
    talk = two()
    key = talk.people["A"].sender.ekt.master(talk.now).key
    talk.seen(talk.trace[0].src, talk.trace[0].dst, b"\xff here: " + bytes(key))
    assert "end-to-end key" in verdict(mdd_saw_no_secret, talk).detail


def test_without_a_key_log_nothing_is_claimed() -> None:
    talk = two()
    talk.lines = talk.lines[:1]
    for rule in (keys_are_outer_halves, mdd_saw_no_secret):
        assert not verdict(rule, talk).ok


@pytest.mark.req("R8871-24", "NUJ-02")
def test_a_joiner_that_is_given_the_old_key() -> None:
    talk = two()
    talk.join("C", k(1))
    outcome = verdict(ekt_keys_follow_the_joins, talk)
    assert "C was given a key that is older than it" in outcome.detail


@pytest.mark.req("R8871-21", "NUJ-06", "NUJ-10")
def test_a_member_that_is_forgotten() -> None:
    talk = two()
    talk.join("C", k(2))
    talk.give("A", k(2))
    assert verdict(ekt_keys_follow_the_joins, talk).detail == "B lacks the key of C's join"


def test_two_that_share_no_key() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(2))
    assert verdict(ekt_keys_follow_the_joins, talk).detail == "A and B share no EKT key"

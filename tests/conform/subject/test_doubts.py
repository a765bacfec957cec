# SPDX-License-Identifier: GPL-2.0-only
"""Packets that did not open, and what opens them."""

from __future__ import annotations

import pytest

from perc_scapy.conform.subject import Subject
from perc_scapy.conform.subject.doubts import MAX_DOUBTS, opens, opens_at
from tests.conform.planted import PLANTED
from tests.conform.stage import conference


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("inner_half_outside", "other_half"),
        ("directions_swapped", "swapped"),
        ("no_field", "no_field"),
        ("field_on_rtcp", "with_field"),
    ],
)
def test_what_opens_them_is_named(name: str, what: str) -> None:
    doubts = Subject(PLANTED[name].build()).doubts.closed
    assert doubts
    assert all(getattr(doubt, what) for doubt in doubts)
    others = {"other_half", "swapped", "no_field", "with_field", "own"} - {what}
    assert not any(getattr(doubt, other) for doubt in doubts for other in others)


def test_keys_of_another_hop_are_told_with_their_owner() -> None:
    foreign = Subject(PLANTED["keys_of_another_hop"].build()).doubts.foreign
    assert len(foreign) == 10
    assert {name for _, name in foreign} == {"127.0.0.1:40000"}


def test_nothing_opens_what_nobody_sealed() -> None:
    doubts = Subject(PLANTED["keys_of_nobody"].build()).doubts.closed
    assert doubts
    assert not any(
        d.own or d.swapped or d.other_half or d.no_field or d.foreign_hop for d in doubts
    )


def test_the_work_is_bounded() -> None:
    stage = conference("AB", 0)
    stage.ingress_key = lambda who: stage.people[who].keys.client.inner()
    stage.talk("A", MAX_DOUBTS + 20)
    assert len(Subject(stage.analysis()).doubts.closed) == MAX_DOUBTS


def test_opening_by_hand() -> None:
    stage = conference("AB", 1)
    analysis = stage.analysis()
    association = analysis.associations[0]
    key = stage.ingress_key("A")
    sealed = stage.sealed("A", roc=2, field=b"")
    plain = stage.wire(sealed, key)
    assert opens_at(association, plain, key, 2)
    assert not opens_at(association, plain, key, 0)
    assert opens(association, "rtp", plain, key)
    assert not opens(association, "rtp", plain, stage.egress_key("A"))
    assert not opens(association, "rtp", b"\x80", key)

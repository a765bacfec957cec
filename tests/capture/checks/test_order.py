# SPDX-License-Identifier: GPL-2.0-only
"""Order within groups, none between them."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks.order import steps_are_in_order
from perc_scapy.capture.story import Storyteller
from tests.capture.handmade import three_flows

CHAINS = [
    ("SS1-01", "SS1-02"), ("SS1-03", "SS1-04"), ("SS1-05", "SS1-06"), ("SS1-11", "SS1-12"),
    ("SS1-13", "SS1-14"), ("SS1-15", "SS1-16"), ("SS2-13", "SS2-14"), ("NUJ-01", "NUJ-02"),
    ("NUJ-04", "NUJ-14"), ("NUJ-10", "NUJ-11"), ("NUJ-14", "NUJ-15"),
]  # fmt: skip
PARALLEL = [("NUJ-05", "NUJ-06"), ("NUJ-09", "NUJ-10"), ("SS2-14", "SS2-15"), ("NUJ-15", "NUJ-16")]


@pytest.mark.parametrize(
    ("pair", "free"), [(p, False) for p in CHAINS] + [(p, True) for p in PARALLEL]
)
def test_an_exchange_of_two_packets(pair: tuple[str, str], free: bool) -> None:
    talk = three_flows()
    story = Storyteller(Analysis(talk.trace, talk.keylog())).story()
    assert steps_are_in_order(story).ok
    first, second = (next(s for s in story.steps() if s.id == name) for name in pair)
    first.packet, second.packet = second.packet, first.packet
    if free:
        others = steps_are_in_order(story).detail
        assert f"{pair[1]} in packet" not in others or f"before {pair[0]} " not in others
    else:
        assert (
            f"{pair[1]} in packet {second.packet} before {pair[0]}"
            in steps_are_in_order(story).detail
        )


def test_steps_not_seen_are_not_out_of_order() -> None:
    talk = three_flows()
    story = Storyteller(Analysis(talk.trace, talk.keylog())).story()
    next(s for s in story.steps() if s.id == "SS1-06").packet = None
    assert steps_are_in_order(story).ok

# SPDX-License-Identifier: GPL-2.0-only
"""All rules together."""

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks import RULES, run_checks
from perc_scapy.capture.participants import find_participants
from perc_scapy.capture.story import Storyteller
from tests.capture.handmade import three_flows


def test_every_rule_has_a_name_a_source_and_an_outcome() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    people = find_participants(analysis)
    outcomes = run_checks(analysis, people, Storyteller(analysis, people).story())
    assert len({outcome.name for outcome in outcomes}) == len(RULES) + 1
    assert all(outcome.ok and outcome.detail for outcome in outcomes)
    assert all(rule.__doc__ for rule in RULES)

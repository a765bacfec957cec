# SPDX-License-Identifier: GPL-2.0-only
"""What must hold in a capture of a PERC conference, beyond that every step is there. One function a statement.

A new statement: a function in `tunnel`, `keys` or `media`, and one row in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.checks import keys, media, tunnel
from perc_scapy.capture.checks.order import steps_are_in_order
from perc_scapy.capture.checks.rule import Rule
from perc_scapy.capture.participants import Participant
from perc_scapy.capture.steps import Check, Story

RULES: tuple[Rule, ...] = (
    tunnel.tunnel_is_authenticated,
    tunnel.tunnel_carries_messages,
    tunnel.dtls_is_relayed_unchanged,
    keys.keys_are_outer_halves,
    keys.keys_are_kept,
    keys.mdd_saw_no_secret,
    keys.ekt_keys_follow_the_joins,
    media.senders_renew_their_keys,
    media.ekt_fields_are_unchanged,
    media.listeners_open_what_they_may,
    media.joiners_cannot_look_back,
)


def run_checks(
    analysis: Analysis,
    people: list[Participant],
    story: Story,
    done: Callable[[Check], object] = lambda check: None,
) -> list[Check]:
    """All rules, and the order of the steps. `done` is called after each, to show that it goes on."""
    checks = []
    for rule in RULES:
        checks.append(rule(analysis, people))
        done(checks[-1])
    return [*checks, steps_are_in_order(story)]

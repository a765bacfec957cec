# SPDX-License-Identifier: GPL-2.0-only
"""The table of states is complete."""

from __future__ import annotations

from perc_scapy.roles.kmf.states import TRANSITIONS, State, Step


def test_every_state_but_the_last_can_close_and_every_state_is_reached() -> None:
    for here in State:
        assert ((here, Step.CLOSED) in TRANSITIONS) is (here is not State.CLOSED)
    assert {*TRANSITIONS.values(), State.HANDSHAKE} == set(State)
    assert TRANSITIONS[State.HANDSHAKE, Step.COMPLETED] is State.KEYED


def test_a_first_and_a_later_ekt_key_take_the_same_steps() -> None:
    path = [Step.COMPLETED, Step.KEY_SENT, Step.KEY_SENT, Step.NEWEST_ACKNOWLEDGED]
    path += [Step.KEY_SENT, Step.KEY_SENT, Step.NEWEST_ACKNOWLEDGED, Step.CLOSED]
    state, seen = State.HANDSHAKE, []
    for step in path:
        state = TRANSITIONS[state, step]
        seen.append(str(state))
    assert seen == [
        "keyed",
        "ekt_sent",
        "ekt_sent",
        "active",
        "rekeying",
        "rekeying",
        "active",
        "closed",
    ]

# SPDX-License-Identifier: GPL-2.0-only
"""The machine of one association, and the table of all."""

from __future__ import annotations

import random as seeded
import uuid

import pytest

from perc_scapy.roles import MddLimits, Path
from perc_scapy.roles.mdd.association import (
    TRANSITIONS,
    Association,
    AssociationTable,
    Input,
    State,
)

PATH = Path(b"c" * 16, "a")


def test_every_living_state_takes_every_input_and_the_end_is_final() -> None:
    living = [state for state in State if state is not State.CLOSED]
    assert set(TRANSITIONS) == {(state, what) for state in living for what in Input}
    assert {to for (_, what), to in TRANSITIONS.items() if what is Input.END} == {State.CLOSED}
    assert {to for (_, what), to in TRANSITIONS.items() if what is Input.KEYS} == {State.KEYED}


def test_no_way_leads_back_to_the_announcement() -> None:
    assert State.ANNOUNCED not in TRANSITIONS.values()


@pytest.mark.req("T00-MDD-03", "SLD-OBJ-06")
def test_ids_are_random_uuids_and_unique_in_their_tunnel() -> None:
    draw = seeded.Random(3)
    repeated = [draw.randbytes(16)] * 3 + [draw.randbytes(16)]
    table = AssociationTable(lambda n: repeated.pop(0))
    first = table.open(PATH, "t", 0.0)
    elsewhere = table.open(Path(b"c" * 16, "b"), "u", 0.0)
    third = table.open(Path(b"c" * 16, "c"), "t", 0.0)
    assert first.id == elsewhere.id != third.id
    assert uuid.UUID(bytes=first.id).version == 4
    assert table.named("t", first.id) is first
    assert table.named("u", first.id) is elsewhere
    assert table.of_tunnel("t") == [first, third]


def test_what_is_closed_is_found_nowhere() -> None:
    table = AssociationTable(seeded.Random(1).randbytes)
    one = table.open(PATH, "t", 0.0)
    assert (len(table), table.half_open, table.oldest_half_open()) == (1, 1, one)
    table.close(one)
    assert table.at(PATH) is table.named("t", one.id) is None
    assert (len(table), table.half_open) == (0, 0)


def test_deadlines_of_an_unfinished_handshake() -> None:
    limits = MddLimits(half_open_timeout=30.0)
    one = Association(b"i" * 16, PATH, "t", 10.0)
    assert one.deadline(limits) == 40.0
    one.seen_at = 100.0
    assert one.deadline(limits) == 130.0, "a lossy path gets its time"
    one.seen_at = 125.0
    assert one.deadline(limits) == 130.0, "but not for ever"

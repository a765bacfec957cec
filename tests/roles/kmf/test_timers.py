# SPDX-License-Identifier: GPL-2.0-only
"""The heap of deadlines against a plain dictionary."""

from __future__ import annotations

import random

from perc_scapy.roles.kmf.timers import TimerHeap


def test_earliest_first_and_each_once() -> None:
    heap: TimerHeap[str] = TimerHeap()
    for owner, when in (("b", 2.0), ("a", 1.0), ("c", 3.0)):
        heap.set(owner, when)
    assert heap.next() == 1.0
    assert list(heap.due(2.0)) == ["a", "b"]
    assert heap.next() == 3.0
    assert list(heap.due(2.0)) == []


def test_a_new_deadline_replaces_the_old_one() -> None:
    heap: TimerHeap[str] = TimerHeap()
    heap.set("a", 1.0)
    heap.set("a", 5.0)
    assert heap.next() == 5.0
    heap.set("a", None)
    assert heap.next() is None
    assert len(heap) == 0


def test_it_agrees_with_a_dictionary_and_stays_small() -> None:
    source = random.Random(7)
    heap: TimerHeap[int] = TimerHeap()
    model: dict[int, float] = {}
    for now in range(3000):
        owner, when = source.randrange(20), now + source.randrange(1, 50)
        if source.random() < 0.2:
            heap.set(owner, None)
            model.pop(owner, None)
        else:
            heap.set(owner, when)
            model[owner] = when
        due = {o for o, w in model.items() if w <= now}
        assert set(heap.due(now)) == due
        model = {o: w for o, w in model.items() if o not in due}
        assert heap.next() == min(model.values(), default=None)
    assert len(heap._heap) <= 4 * 20 + 64


def test_an_owner_may_set_its_timer_again_while_due_ones_are_taken() -> None:
    heap: TimerHeap[str] = TimerHeap()
    heap.set("a", 1.0)
    for owner in heap.due(1.0):
        heap.set(owner, 2.0)
    assert heap.next() == 2.0

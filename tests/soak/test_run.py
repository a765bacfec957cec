# SPDX-License-Identifier: GPL-2.0-only
"""A sample of the soak runs, and proof that they would notice."""

from __future__ import annotations

import pytest

from soak import run, stages
from soak.watch import Watch

ONLY = {"new-user-joins", "ohb-all", "loss", "rtcp", "hbh-only-cm80"}


def quiet(done: int) -> None:
    pass


def test_packets() -> None:
    watch = Watch()
    run.packets(1500, 7, watch, ONLY, quiet)
    assert watch.failures == []
    assert watch.steps == 1500


def test_conversations() -> None:
    watch = Watch()
    run.conversations(300, 7, watch, ONLY, quiet)
    assert watch.failures == []
    assert watch.steps > 12


def test_files() -> None:
    watch = Watch()
    run.files(40, 7, watch, ONLY, quiet)
    assert watch.failures == []


def test_an_exception_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(analysis: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(stages, "CONVERSATION_STAGES", (broken,))
    watch = Watch()
    run.conversations(10, 7, watch, {"session-setup-1"}, quiet)
    assert any("planted" in failure for failure in watch.failures)


def test_a_hang_is_noticed() -> None:
    watch = Watch(limit=0.05)
    with watch.step("endless"):
        while True:
            pass
    assert "more than 0.05 s" in watch.failures[0]


def test_the_same_seed_gives_the_same_mutants() -> None:
    from random import Random

    from soak.mutate import mutate

    one = [mutate(Random(3), bytes(60)) for _ in range(5)]
    assert one == [mutate(Random(3), bytes(60)) for _ in range(5)]

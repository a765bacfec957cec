# SPDX-License-Identifier: GPL-2.0-only
"""The watch: steps counted, exceptions and endless steps told with their octets, memory bounded."""

from __future__ import annotations

import signal

import pytest

from soak import watch as module
from soak.watch import GROWTH, MAX_FAILURES, Watch, resident


def test_good_steps_are_counted_and_leave_no_timer() -> None:
    watch = Watch()
    for _ in range(3):
        with watch.step("fine", b"x"):
            pass
    assert (watch.steps, watch.failures, watch.full) == (3, [], False)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_an_exception_is_told_with_step_octets_and_place() -> None:
    watch = Watch()
    with watch.step("layers", b"\xab\xcd"):
        raise ValueError("planted")
    (failure,) = watch.failures
    assert failure.startswith("layers: abcd\n")
    assert "ValueError: planted" in failure


def test_an_endless_step_ends_even_where_exceptions_are_swallowed() -> None:
    watch = Watch(limit=0.02)
    with watch.step("endless", b"\x01"):
        while True:
            try:
                while True:
                    pass
            except Exception:
                continue
    assert watch.failures == ["endless: more than 0.02 s; 01"]
    with watch.step("next"):
        pass
    assert len(watch.failures) == 1


def test_who_interrupts_is_obeyed() -> None:
    watch = Watch()
    with pytest.raises(KeyboardInterrupt), watch.step("x"):
        raise KeyboardInterrupt
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_enough_failures_end_a_run() -> None:
    watch = Watch()
    for number in range(MAX_FAILURES):
        assert not watch.full
        with watch.step(str(number)):
            raise ValueError
    assert watch.full


@pytest.mark.parametrize(("growth", "told"), [(GROWTH, 0), (GROWTH + (1 << 20), 1)])
def test_memory(growth: int, told: int, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    now = 1 << 30
    monkeypatch.setattr(module, "resident", lambda: now)
    assert watch.grown() == 0  # before the warm-up nothing counts
    watch.warm()
    now += growth
    watch.check_memory()
    assert len(watch.failures) == told


def test_resident_memory_is_that_of_this_process() -> None:
    assert 1 << 22 < resident() < 1 << 36

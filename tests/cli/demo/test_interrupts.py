# SPDX-License-Identifier: GPL-2.0-only
"""Signals during the demo: raised, held back, ignored."""

import signal

import pytest

from perc_scapy.cli.demo.interrupts import ENDS, interruptible, uninterrupted


@pytest.fixture(autouse=True)
def handlers_stay_as_they_were():
    before = [signal.getsignal(number) for number in ENDS]
    yield
    assert [signal.getsignal(number) for number in ENDS] == before


@pytest.mark.parametrize("number", ENDS)
def test_each_ends_like_an_interrupt(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(number)


@pytest.mark.parametrize("number", ENDS)
def test_what_is_held_back_comes_at_the_end(number: signal.Signals) -> None:
    done = []

    def start() -> None:
        with uninterrupted():
            signal.raise_signal(number)
            done.append("started")
        done.append("went on")

    with pytest.raises(KeyboardInterrupt), interruptible():
        start()
    assert done == ["started"]


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible(), uninterrupted():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

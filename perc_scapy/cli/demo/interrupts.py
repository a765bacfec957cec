# SPDX-License-Identifier: GPL-2.0-only
"""How signals end the demo: as KeyboardInterrupt, and never between the start of a child and its entry in the list."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `kill`, a closed terminal."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, each of `ENDS` raises KeyboardInterrupt, so that children and folders go.

    What nohup ignores stays ignored.
    """
    with _handled_by(_interrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What arrives inside takes effect at the end. Not a blocked mask: a child would inherit that."""
    came: list[int] = []
    with _handled_by(lambda number, _frame: came.append(number)):
        yield
    for number in came:
        signal.raise_signal(number)


@contextmanager
def _handled_by(handler: signal._HANDLER) -> Iterator[None]:
    before = {n: signal.getsignal(n) for n in ENDS if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt

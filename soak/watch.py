# SPDX-License-Identifier: GPL-2.0-only
"""Limits of a soak run: processor time of a step, resident memory of the process, and what went wrong where."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STEP = 1.0
"""Seconds of processor time that one step may take."""
GROWTH = 200 << 20
"""Octets by which resident memory may grow after the warm-up."""
MAX_FAILURES = 20


class TooLong(BaseException):
    """A step used up its time. Not an Exception, so that nothing under test can swallow it."""


@dataclass
class Watch:
    """Counts and failures of a run."""

    limit: float = STEP
    steps: int = 0
    failures: list[str] = field(default_factory=list)
    _base: int = 0

    @contextmanager
    def step(self, what: str, octets: bytes = b"") -> Iterator[None]:
        """Count a step; an exception or too much time becomes a failure with the octets that caused it."""
        self.steps += 1
        signal.signal(signal.SIGVTALRM, _stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, self.limit)
        try:
            yield
        except TooLong:
            self.failures.append(f"{what}: more than {self.limit:g} s; {octets.hex()}")
        except Exception:
            self.failures.append(f"{what}: {octets.hex()}\n{traceback.format_exc(limit=-4)}")
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    @property
    def full(self) -> bool:
        """Enough went wrong."""
        return len(self.failures) >= MAX_FAILURES

    def warm(self) -> None:
        """From here on memory counts."""
        self._base = resident()

    def grown(self) -> int:
        """Octets of growth since `warm`."""
        return resident() - self._base if self._base else 0

    def check_memory(self) -> None:
        if self.grown() > GROWTH:
            self.failures.append(f"memory grew by {self.grown() >> 20} MiB in {self.steps} steps")


def _stop(signum: int, frame: object) -> None:
    raise TooLong


def resident() -> int:
    """Octets of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096

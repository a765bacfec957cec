# SPDX-License-Identifier: GPL-2.0-only
"""Child processes that report JSON events on stdout; waiting for events, and stopping exactly what was started."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perc_scapy.cli.demo.interrupts import uninterrupted
from perc_scapy.errors import ConfigError, MissingToolError, PercError
from perc_scapy.pcap.closing import Closing

Event = dict[str, Any]
STOP_SECONDS = 5.0
"""How long a child may take to end after SIGTERM before it is killed."""


class ChildFailed(PercError):
    """A process of the demo ended early, or did not do in time what it should."""


class Child:
    """One process. `events` grows as it reports."""

    def __init__(self, name: str, arguments: list[str], changed: threading.Condition) -> None:
        self.name = name
        self.events: list[Event] = []
        self._changed = changed
        command = [sys.executable, "-m", "perc_scapy.cli", *arguments]
        self._process = subprocess.Popen(  # noqa: S603  our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._errors: list[bytes] = []
        self._threads = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def find(self, event: str, since: float = 0.0, **wanted: Any) -> Event | None:
        """The first event of this name with these values, not older than `since` (wall clock)."""
        for found in self.events:
            late = found["event"] == event and found["time"] >= since
            if late and all(found.get(key) == value for key, value in wanted.items()):
                return found
        return None

    def check(self) -> None:
        """Raise what explains an early end: `MissingToolError`, `ConfigError` or `ChildFailed`."""
        code = self._process.poll()
        if code is None:
            return
        self._threads[1].join(1.0)
        said = b"".join(self._errors).decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"{self.name} ended with code {code}"
        raise {2: ConfigError, 3: MissingToolError}.get(code, ChildFailed)(reason)

    def terminate(self) -> None:
        """SIGTERM, unless it has ended."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> int:
        """SIGTERM, then SIGKILL; returns the exit code."""
        self.terminate()
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for thread in self._threads:
            thread.join(1.0)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        return code

    def _read_events(self) -> None:
        for line in self._process.stdout or ():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            with self._changed:
                self.events.append(event)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _read_errors(self) -> None:
        for line in self._process.stderr or ():
            self._errors.append(line)
            del self._errors[:-50]


class Children(Closing):
    """All processes of a run; leaving the `with` block stops every one that still runs, by its own id."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: list[Child] = []

    def start(self, name: str, *arguments: str | Path) -> Child:
        with uninterrupted():  # else a signal could part a child from the list that ends it
            child = Child(name, [str(argument) for argument in arguments], self._changed)
            self._running.append(child)
        return child

    def wait(self, what: str, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Until the events fulfil a condition. `ChildFailed` after `seconds`, or when a process ended."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                for child in self._running:
                    child.check()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ChildFailed(f"no {what} within {seconds:g} s")
                self._changed.wait(min(left, 0.5))

    def stop(self, child: Child) -> int:
        """End one process and forget it."""
        code = child.stop()
        self._running.remove(child)
        return code

    def close(self) -> None:
        """End all that still run."""
        for child in self._running:
            child.terminate()
        for child in list(self._running):
            self.stop(child)

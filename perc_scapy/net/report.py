# SPDX-License-Identifier: GPL-2.0-only
"""What a process says on stdout: one event a line, for people or, with `--json`, for programs.

Role events are dataclasses; their class name becomes the event's name and their fields the object. No field of theirs
holds key octets, and what is not plain text, a number or an id is never shown.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, TextIO

from perc_scapy.net.people import words

UNPROVEN = frozenset(
    {"association_opened", "association_answered", "association_closed", "handshake_started",
     "handshake_refused", "message_refused"}
)  # fmt: skip
"""Events that anybody can cause who sends a ClientHello, from any address: their lines are limited."""
BURST, RATE = 500, 20.0
"""Lines of such events at once, and a second from then on."""

Names = Mapping[bytes, str]
"""Conference ids -> names, shown beside the id."""


class Reporter:
    """Writes each event at once. `clock` gives wall-clock seconds."""

    def __init__(
        self,
        stream: TextIO,
        *,
        as_json: bool,
        role: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stream, self._as_json, self._role, self._clock = stream, as_json, role, clock
        self._first = True
        self._allowed, self._since = float(BURST), clock()
        self._suppressed: Counter[str] = Counter()

    def event(self, name: str, **values: Any) -> None:
        """One line, unless it is one too many of `UNPROVEN`; the next line then says how many were left out."""
        if name in UNPROVEN and not self._may():
            self._suppressed[name] += 1
            return
        if self._suppressed:
            lines, self._suppressed = self._suppressed, Counter()
            self._write("suppressed", {"lines": lines})
        self._write(name, values)

    def _may(self) -> bool:
        """A token bucket. A wall clock that is set back costs no tokens."""
        now = self._clock()
        self._allowed = min(BURST, self._allowed + max(0.0, now - self._since) * RATE)
        self._since = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        """The first object of a stream carries the schema number."""
        shown = {key: plain(value) for key, value in values.items()}
        if self._as_json:
            head: dict[str, Any] = {"schema": 1} if self._first else {}
            head |= {"event": name, "role": self._role, "time": round(self._clock(), 6)}
            line = json.dumps(head | shown)
        else:
            line = self._for_people(name, shown)
        self._first = False
        self._stream.write(
            line + "\n"
        )  # one call: two processes on one pipe do not mix their lines
        self._stream.flush()

    def dataclass(self, event: Any, name: str | None = None, **more: Any) -> None:
        """A role's event."""
        self.event(name or snake_case(type(event).__name__), **values_of(event), **more)

    def _for_people(self, name: str, shown: dict[str, Any]) -> str:
        at = time.strftime("%H:%M:%S", time.localtime(self._clock()))
        return " ".join((at, self._role, name, *words(shown)))


def snake_case(name: str) -> str:
    """`MemberJoined` -> `member_joined`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def values_of(event: Any) -> dict[str, Any]:
    """Fields of a dataclass event; times on the monotonic clock are left out, the line has its own."""
    return {f.name: getattr(event, f.name) for f in fields(event) if f.name != "now"}


def plain(value: Any) -> Any:
    """A value as JSON has it: ids in hex, addresses as HOST:PORT, enumerations by value."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if type(value) is bytes:  # a Key is bytes too, and stays hidden
        return value.hex()
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, tuple) and len(value) in (2, 4) and isinstance(value[0], str):
        return f"[{value[0]}]:{value[1]}" if ":" in value[0] else f"{value[0]}:{value[1]}"
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return type(value).__name__

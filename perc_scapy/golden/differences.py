# SPDX-License-Identifier: GPL-2.0-only
"""Where two expectations part: named things by their names, sequences of messages aligned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

NAMED = ("id", "name")
"""Keys that name an entry wherever it stands."""
LABELS = ("message", "alert", "text", "version", "result")
"""Keys that tell one entry of a sequence from another."""
ABSENT = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. `expected` or `seen` is None where there is nothing."""

    path: str
    """`streams[A > MDD: rtp of A].packets`."""
    expected: Any
    seen: Any
    packet: int | None = None
    """First packet that it is about, as far as the new capture has it; else of the expectation."""

    def __str__(self) -> str:
        where = f"  (packet {self.packet})" if self.packet is not None else ""
        return f"{self.path}: expected {_shown(self.expected)}, seen {_shown(self.seen)}{where}"


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    if isinstance(value, dict):
        label = label_of(value)
        return repr(label) if label else str(value)
    return repr(value)


def label_of(entry: Any) -> str:
    """What an entry of a list is called."""
    if not isinstance(entry, dict):
        return str(entry)
    return next((str(entry[key]) for key in (*NAMED, *LABELS) if key in entry), "")


def packet_of(entry: Any) -> int | None:
    """The packet that an entry names."""
    packet = entry.get("packet") if isinstance(entry, dict) else None
    return packet if isinstance(packet, int) else None


def differences(
    expected: Any, seen: Any, path: str = "", packet: int | None = None
) -> Iterator[Difference]:
    """All of them, in the order of the expectation."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        yield from _dicts(expected, seen, path, packet_of(seen) or packet_of(expected) or packet)
    elif isinstance(expected, list) and isinstance(seen, list):
        yield from _lists(expected, seen, path, packet)
    elif expected != seen:
        yield Difference(path, expected, seen, packet_of(seen) or packet_of(expected) or packet)


def _dicts(
    expected: dict[str, Any], seen: dict[str, Any], path: str, packet: int | None
) -> Iterator[Difference]:
    for key in dict.fromkeys((*expected, *seen)):
        below = f"{path}.{key}" if path else key
        yield from differences(expected.get(key), seen.get(key), below, packet)


def _lists(
    expected: list[Any], seen: list[Any], path: str, packet: int | None
) -> Iterator[Difference]:
    if _all_named(expected) and _all_named(seen):
        yield from _by_name(_named(expected), _named(seen), path)
        return
    labels = [label_of(entry) for entry in expected], [label_of(entry) for entry in seen]
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, *labels, autojunk=False).get_opcodes():
        if kind == "equal":
            for place, (old, new) in enumerate(zip(expected[a1:a2], seen[b1:b2], strict=True), a1):
                yield from differences(old, new, f"{path}[{place}]", packet)
        else:
            yield from _replaced(expected[a1:a2], seen[b1:b2], path, a1, packet)


def _replaced(
    old: list[Any], new: list[Any], path: str, place: int, packet: int | None
) -> Iterator[Difference]:
    for offset in range(max(len(old), len(new))):
        was = old[offset] if offset < len(old) else ABSENT
        now = new[offset] if offset < len(new) else ABSENT
        number = packet_of(now) or packet_of(was) or packet
        yield Difference(f"{path}[{place + offset}]", was, now, number)


def _all_named(entries: list[Any]) -> bool:
    return all(isinstance(e, dict) and any(key in e for key in NAMED) for e in entries)


def _named(entries: list[Any]) -> dict[str, Any]:
    """By name; a second one of a name gets #2."""
    found: dict[str, Any] = {}
    for entry in entries:
        name, number = label_of(entry), 1
        while (key := name if number == 1 else f"{name} #{number}") in found:
            number += 1
        found[key] = entry
    return found


def _by_name(expected: dict[str, Any], seen: dict[str, Any], path: str) -> Iterator[Difference]:
    for name in dict.fromkeys((*expected, *seen)):
        old, new = expected.get(name), seen.get(name)
        if old is None or new is None:
            number = packet_of(new) or packet_of(old)
            yield Difference(f"{path}[{name}]", old, new, number)
        else:
            yield from differences(old, new, f"{path}[{name}]")

# SPDX-License-Identifier: GPL-2.0-only
"""Everything that differs between two captures of one conversation, and where they part first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.compare.align import align, compare_items
from perc_scapy.compare.fields import FieldDifference
from perc_scapy.compare.masks import Masks
from perc_scapy.compare.talk import Lane, lanes


@dataclass(frozen=True, slots=True)
class Parting:
    """One item that the two do not have in common, or not with the same fields."""

    lane: str
    kind: str
    """What it is: "A: client_hello"."""
    packet_a: int | None
    packet_b: int | None
    fields: tuple[FieldDifference, ...] = ()
    """Empty when one side lacks the item."""
    count: int = 1
    """Items in a row that one side lacks, told as one."""

    def to_json(self) -> dict[str, Any]:
        return {
            "lane": self.lane,
            "kind": self.kind,
            "packet_a": self.packet_a,
            "packet_b": self.packet_b,
            "count": self.count,
            "fields": [{"path": f.path, "a": f.a, "b": f.b} for f in self.fields],
        }


@dataclass(slots=True)
class Comparison:
    """The outcome. `compared`: items that stood side by side."""

    compared: int = 0
    partings: list[Parting] = field(default_factory=list)
    """By place in the first capture; what only the second has, by its place there."""

    @property
    def equal(self) -> bool:
        return not self.partings

    @property
    def first(self) -> Parting | None:
        """Where the two part first."""
        return self.partings[0] if self.partings else None


def compare(a: Analysis, b: Analysis, masks: Masks | None = None) -> Comparison:
    """Put two conversations side by side. Lanes are paired by name: the n-th tunnel, participant A, its streams."""
    masks = masks or Masks()
    left, right = {lane.name: lane for lane in lanes(a)}, {lane.name: lane for lane in lanes(b)}
    found = Comparison()
    for name in {**left, **right}:
        here, there = left.get(name, Lane(name, [])), right.get(name, Lane(name, []))
        found.partings += _together(_lane(here, there, masks, found))
    found.partings.sort(key=lambda p: (_place(p), p.lane))
    return found


def _place(parting: Parting) -> int:
    numbers = [n for n in (parting.packet_a, parting.packet_b) if n is not None]
    return parting.packet_a if parting.packet_a is not None else max(numbers, default=0)


def _together(partings: Iterable[Parting]) -> Iterator[Parting]:
    """What one side lacks in a row becomes one entry."""
    held: Parting | None = None
    for parting in partings:
        if held is not None and _same_side(held, parting):
            held = replace(held, count=held.count + 1)
            continue
        if held is not None:
            yield held
        held = parting
    if held is not None:
        yield held


def _same_side(one: Parting, other: Parting) -> bool:
    lacks = not one.fields and not other.fields
    return lacks and (one.packet_a is None) == (other.packet_a is None)


def _lane(a: Lane, b: Lane, masks: Masks, found: Comparison) -> Iterator[Parting]:
    for pair in align(a.items, b.items):
        here, there = pair
        if here is not None and there is not None:
            found.compared += 1
            fields = tuple(compare_items(here, there, masks))
            if fields:
                yield Parting(a.name, here.kind, here.packet, there.packet, fields)
        elif a.name.startswith("rtcp") and "reports" in masks.groups:
            continue  # when reports are sent is a matter of chance (RFC 3550 section 6.3.1)
        elif here is not None:
            yield Parting(a.name, here.kind, here.packet, None)
        elif there is not None:
            yield Parting(a.name, there.kind, None, there.packet)

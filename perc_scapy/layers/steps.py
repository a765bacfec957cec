# SPDX-License-Identifier: GPL-2.0-only
"""One step through a layer: a field with its presence and region, or a run of bits in whole octets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scapy.fields import ConditionalField, RawVal

from perc_scapy.errors import EncodeError
from perc_scapy.layers.fields.choice import REST, OptionalTail
from perc_scapy.layers.fields.core import Malformed, WireField, absent, need
from perc_scapy.layers.fields.items import RepeatToEnd
from perc_scapy.layers.fields.numbers import Bits
from perc_scapy.layers.fields.octets import Rest, Trailer
from perc_scapy.layers.fields.relations import Size

if TYPE_CHECKING:
    from perc_scapy.layers.layout import Layout


class FieldStep:
    """One field, with its presence condition and the steps behind it that end the region."""

    def __init__(self, declared: Any) -> None:
        self.wrapper = declared if isinstance(declared, ConditionalField) else None
        self.field: WireField = declared.fld if self.wrapper else declared
        self.name: str = self.field.name
        self.names = (self.name,)
        size = getattr(self.field, "size", None)
        self.to_end = size is REST or isinstance(self.field, (Rest, RepeatToEnd, Trailer))
        self.size: Size | None = None if size is REST else size
        self.behind: list[Any] = []

    @property
    def optional(self) -> bool:
        return isinstance(self.wrapper, OptionalTail)

    def fixed_size(self) -> int | None:
        """Octets when the step is always there and always equally long, else None."""
        return None if self.wrapper else self.field.fixed_size()

    def present(self, pkt: Any) -> bool:
        """Does this packet have the field?"""
        return self.wrapper is None or self.wrapper.holds(pkt)

    def limit(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        """Where the field's own region ends; raises `DecodeError` when the trailers do not fit."""
        if self.size is not None:
            value = pkt.getfieldval(self.size.field)
            return (
                min(end, pos + max(0, self.size.octets(value))) if isinstance(value, int) else end
            )
        if self.to_end:
            for step in reversed(self.behind):
                end -= step.tail_size(pkt, data, pos, end)
        return end

    def tail_size(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        """Octets that this step takes at the end of a region, when a field before it is open-ended."""
        if not self.present(pkt):
            return 0
        if isinstance(self.field, Trailer):
            return self.field.tail_size(data, pos, end)
        size = self.field.fixed_size() or 0
        need(size, pos, end)
        return size

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        """Put the value into `pkt.fields` and return the position behind it; raises `DecodeError`."""
        if self.optional:
            if pos >= end:
                pkt.fields[self.name] = None
                return pos
        elif not self.present(pkt):
            return pos
        limit = self.limit(pkt, data, pos, end)
        pkt.fields[self.name], pos = self.field.read(pkt, data, pos, limit)
        return pos

    def stop(self, pkt: Any, octets: bytes, reason: str) -> None:
        """Mark the field as the one where dissection ended."""
        pkt.fields[self.name] = Malformed(octets, reason)

    def waits(self, pkt: Any, layout: Layout) -> bool:
        """True when the value is left to be found from parts that must be built before."""
        return pkt.getfieldval(self.name) is None and self.name in layout.automatic

    def write(self, pkt: Any, layout: Layout, parts: dict[str, bytes]) -> bytes:
        if not self.present(pkt):
            return b""
        value = layout.value(pkt, parts, self.name)
        octets = bytes(value) if isinstance(value, RawVal) else self.field.write(pkt, value)
        # Padding completes what we build; octets that came with their count stay as they were.
        if self.size is not None and pkt.getfieldval(self.size.field) is None:
            octets += self.size.padding(len(octets))
        return octets


class BitRun:
    """Neighbouring `Bits` that share whole octets."""

    wrapper, optional, to_end, size = None, False, False, None

    def __init__(self) -> None:
        self.fields: list[Bits] = []
        self.behind: list[Any] = []

    @property
    def name(self) -> str:
        return self.fields[0].name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def shifts(self) -> list[tuple[Bits, int]]:
        """Each field with the place of its lowest bit."""
        left, found = 8 * self.fixed_size(), []
        for field in self.fields:
            left -= field.width
            found.append((field, left))
        return found

    def fixed_size(self) -> int:
        return sum(field.width for field in self.fields) // 8

    def present(self, pkt: Any) -> bool:
        return True

    def tail_size(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        need(self.fixed_size(), pos, end)
        return self.fixed_size()

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> int:
        need(self.fixed_size(), pos, end)
        after = pos + self.fixed_size()
        number = int.from_bytes(data[pos:after], "big")
        for field, shift in self.shifts():
            pkt.fields[field.name] = number >> shift & ((1 << field.width) - 1)
        return after

    def stop(self, pkt: Any, octets: bytes, reason: str) -> None:
        for field in self.fields:
            pkt.fields[field.name] = absent()
        pkt.fields[self.name] = Malformed(octets, reason)

    def waits(self, pkt: Any, layout: Layout) -> bool:
        return any(pkt.getfieldval(n) is None and n in layout.automatic for n in self.names)

    def write(self, pkt: Any, layout: Layout, parts: dict[str, bytes]) -> bytes:
        values = [layout.value(pkt, parts, name) for name in self.names]
        if any(isinstance(value, RawVal) for value in values):
            return b"".join(bytes(value) for value in values if isinstance(value, RawVal))
        number = 0
        for field, value in zip(self.fields, values, strict=True):
            if not 0 <= int(value or 0) < 1 << field.width:
                raise EncodeError(f"{field.name}: {value} does not fit {field.width} bits")
            number = number << field.width | int(value or 0)
        return number.to_bytes(self.fixed_size(), "big")


Step = FieldStep | BitRun


def steps_of(fields: list[Any]) -> list[Step]:
    """The steps of a `fields_desc`; raises TypeError for bits that fill no whole octets."""
    steps: list[Step] = []
    run: BitRun | None = None
    for field in fields:
        if not isinstance(field, Bits):
            run = None
            steps.append(FieldStep(field))
            continue
        if run is None:
            run = BitRun()
            steps.append(run)
        run.fields.append(field)
        if not sum(f.width for f in run.fields) % 8:
            run = None
    for step in steps:
        if isinstance(step, BitRun) and sum(f.width for f in step.fields) % 8:
            raise TypeError(f"bits from {step.name} on do not fill whole octets")
    open_ended = False
    for step in steps:
        if isinstance(step, FieldStep) and isinstance(step.field, Trailer) and not open_ended:
            raise TypeError(f"{step.name}: nothing in front takes what the trailer leaves")
        open_ended |= step.to_end
    return steps

# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong with a packet: every reason why the strict decoder refuses its octets, with the place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from scapy.packet import Packet

from perc_scapy.layers.fields.choice import Select
from perc_scapy.layers.fields.core import Malformed
from perc_scapy.layers.fields.items import Items
from perc_scapy.layers.fields.octets import Octets
from perc_scapy.layers.layout import Layout, layout_of, sizing


class Fault(NamedTuple):
    """One thing wrong. `offset` counts octets from the start of the packet that was asked."""

    path: str
    offset: int
    reason: str
    severity: Literal["note", "warning", "error"] = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.reason} (at octet {self.offset})"


def faults(packet: Any) -> tuple[Fault, ...]:
    """Why strict decoding refuses this packet; empty when it does not.

    What a field only carries (`content`, such as the DTLS records of a tunnel message) is not judged.
    """
    return tuple(_faults(packet, type(packet).__name__, 0, inside=False))


def expert(packet: Any) -> tuple[Fault, ...]:
    """`faults`, the faults of all that the packet carries, and notes on what is legal but odd."""
    return tuple(_faults(packet, type(packet).__name__, 0, inside=True))


def _faults(packet: Any, path: str, offset: int, inside: bool) -> Iterator[Fault]:
    layout = layout_of(type(packet))
    parts = layout.parts(packet)
    broken = False
    at = offset
    for step in layout.steps:
        if step.present(packet):
            for name in step.names:
                for fault in _of_field(packet, layout, parts, name, path, at, inside):
                    broken = True
                    yield fault
        at += len(parts[step.name])
    yield from _behind(packet, path, at, inside)
    yield from _of_rules(packet, path, offset, at - offset, broken or bool(packet.payload), inside)


def _of_rules(
    packet: Any, path: str, offset: int, size: int, broken: bool, inside: bool
) -> Iterator[Fault]:
    for rule in packet.rules:
        if (rule.on_decode and not broken) or (rule.note and inside):
            problem = rule.problem(packet, size)
            if problem is not None:
                yield Fault(path, offset, problem, "note" if rule.note else rule.severity)


def _behind(packet: Any, path: str, at: int, inside: bool) -> Iterator[Fault]:
    """Octets behind the last field: strict decoding refuses them all."""
    if not packet.payload:
        return
    yield Fault(path, at, f"{len(packet.payload)} octets left over")
    if inside and hasattr(packet.payload, "rules"):
        yield from _faults(packet.payload, f"{path}/{type(packet.payload).__name__}", at, inside)


def _of_field(
    packet: Any, layout: Layout, parts: Any, name: str, path: str, at: int, inside: bool
) -> Iterator[Fault]:
    field, value = layout.fields[name], packet.getfieldval(name)
    path = f"{path}.{name}"
    if isinstance(value, Malformed):
        if not value.absent:
            yield Fault(path, at, value.reason)
        return
    if value is None:
        return
    for problem in (field.check(value), _relation(packet, layout, parts, name, value)):
        if problem is not None:
            yield Fault(path, at, problem)
    if isinstance(field, (Select, Items)) or (inside and isinstance(field, Octets)):
        yield from _nested(field, value, path, at, inside)


def _relation(packet: Any, layout: Layout, parts: Any, name: str, value: Any) -> str | None:
    field = layout.fields[name]
    if isinstance(field, Select):
        return field.problem(packet, value)
    target = layout.counted.get(name)
    if target is None or not layout.has(packet, target):
        return None
    found = layout.found(packet, parts, target)
    said = sizing(target).octets(value)
    what = target.name or "the layer"
    return None if found == said else f"announces {said} for {what}, {found} found"


def _nested(field: Any, value: Any, path: str, at: int, inside: bool) -> Iterator[Fault]:
    at += getattr(field, "prefix", 0)
    for index, packet in enumerate(value if isinstance(value, (list, tuple)) else (value,)):
        if hasattr(packet, "rules"):
            name = f"{path}[{index}]" if isinstance(field, Items) else path
            yield from _faults(packet, name, at, inside)
        at += len(bytes(packet)) if isinstance(packet, Packet) else 0

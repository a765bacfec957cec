# SPDX-License-Identifier: GPL-2.0-only
"""Octets as hex and characters, sixteen a line; key octets stay covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from perc_scapy.view.parts import Part
from perc_scapy.view.rows import rows_of

if TYPE_CHECKING:
    from perc_scapy.view.packets import PacketView

WIDTH = 16
COVER = "--"


def hexdump(data: bytes, covered: Iterable[range] = ()) -> Iterator[str]:
    """Lines `offset  hex  characters`; octets in `covered` show as dashes."""
    hide = {place for run in covered for place in run}
    for start in range(0, len(data), WIDTH):
        places = range(start, min(start + WIDTH, len(data)))
        cells = [COVER if place in hide else f"{data[place]:02x}" for place in places]
        text = "".join("-" if place in hide else _character(data[place]) for place in places)
        left, right = " ".join(cells[:8]), " ".join(cells[8:])
        yield f"{start:04x}  {left:<23}  {right:<23}  {text}"


def _character(octet: int) -> str:
    return chr(octet) if 32 <= octet < 127 else "."


def covered(part: Part, *, secrets: bool) -> list[range]:
    """Key octets of a part."""
    if secrets:
        return []
    return [range(r.offset, r.offset + r.length) for r in rows_of(part) if r.secret]


def packet_dump(view: PacketView, *, secrets: bool = False) -> Iterator[str]:
    """The frame, then every part that is not in it as it is."""
    view.locate()
    if view.frame is not None:
        yield f"Frame ({len(view.frame.data)} octets):"
        yield from hexdump(view.frame.data, _in_frame(view, secrets=secrets))
    for part in view.parts:
        if part.offset is None:
            yield f"{part.layer.__name__} ({len(part.data)} octets{', decrypted' if part.decrypted else ''}):"
            yield from hexdump(part.data, covered(part, secrets=secrets))


def _in_frame(view: PacketView, *, secrets: bool) -> list[range]:
    return [
        range(run.start + part.offset, run.stop + part.offset)
        for part in view.parts
        if part.offset is not None
        for run in covered(part, secrets=secrets)
    ]

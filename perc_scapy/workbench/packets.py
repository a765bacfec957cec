# SPDX-License-Identifier: GPL-2.0-only
"""Packets of a capture by number and by filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from perc_scapy.pcap.frames import Frame
from perc_scapy.view.packets import PacketView, PacketViewer
from perc_scapy.workbench.cards import Card

SHOWN = 50
"""Lines of a long list that a notebook shows."""
Make = Callable[[PacketView], Card]


class Packets:
    """A list of packets. `packets[12]` is packet 12 of the file, as Wireshark counts, whatever the filter left out."""

    def __init__(self, viewer: PacketViewer, frames: list[Frame], make: Make, total: int) -> None:
        self._viewer, self._frames, self._make, self._total = viewer, frames, make, total
        self._by_number = {frame.number: frame for frame in frames}

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[Card]:
        return (self._make(view) for view in self.views())

    def __getitem__(self, number: int) -> Card:
        """Raises `KeyError` with the numbers that there are."""
        if number not in self._by_number:
            there = f"1 to {self._total}" if len(self) == self._total else f"{len(self)} packets"
            raise KeyError(f"no packet {number} here; there are {there}")
        return self._make(self._viewer.view(self._by_number[number]))

    def views(self) -> Iterator[PacketView]:
        """The packets as views: `summary`, `parts`, `expert`, `to_json()`."""
        return (self._viewer.view(frame) for frame in self._frames)

    @property
    def numbers(self) -> list[int]:
        return list(self._by_number)

    def filter(self, expression: str) -> Packets:
        """Those that a display filter lets through. Raises `FilterError`, which points at the wrong token."""
        from perc_scapy.view.filters import compile_filter

        wanted = compile_filter(expression)
        kept = [frame for frame in self._frames if wanted(self._viewer.view(frame))]
        return Packets(self._viewer, kept, self._make, self._total)

    def _shown(self) -> list[PacketView]:
        return [self._viewer.view(frame) for frame in self._frames[:SHOWN]]

    def __repr__(self) -> str:
        lines = [f"{v.number:>6} {v.src} -> {v.dst}  {v.summary}" for v in self._shown()]
        return "\n".join([*lines, *self._rest()]) or "no packets"

    def _rest(self) -> list[str]:
        more = len(self) - SHOWN
        return [f"… and {more} more"] if more > 0 else []

    def _repr_html_(self) -> str:
        from perc_scapy.view.html import packets_html

        table = packets_html(self._shown())
        return table + "".join(f"<p>{text}</p>" for text in self._rest())

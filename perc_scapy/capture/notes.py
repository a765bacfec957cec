# SPDX-License-Identifier: GPL-2.0-only
"""What an analysis has to say of a capture that no field shows: why something stayed closed, what is missing."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["note", "warning", "error"]
"""`note`: worth knowing. `warning`: something could not be read. `error`: what was given contradicts itself."""


class Note(NamedTuple):
    """One sentence, and the packet that it is about; None for the whole capture. Never holds a secret."""

    packet: int | None
    severity: Severity
    text: str

    def __str__(self) -> str:
        return self.text if self.packet is None else f"packet {self.packet}: {self.text}"


def in_order(notes: list[Note]) -> list[Note]:
    """Each note once: those about the whole capture first, then by packet."""
    return sorted(dict.fromkeys(notes), key=lambda note: (note.packet or 0, note.text))

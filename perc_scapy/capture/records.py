# SPDX-License-Identifier: GPL-2.0-only
"""A DTLS record as seen in a capture."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from perc_scapy.dtls.record import Record


@dataclass(slots=True)
class SeenRecord:
    """One record of one datagram; `content` appears when it can be read."""

    packet: int
    """Packet number of the capture."""
    time: float
    sender: Hashable
    record: Record
    content: bytes | None = field(default=None, repr=False)
    """Plaintext: the fragment itself in epoch 0, None while a protected record is sealed."""

    def __post_init__(self) -> None:
        if self.record.epoch == 0:
            self.content = self.record.fragment

# SPDX-License-Identifier: GPL-2.0-only
"""What those who describe or draw a packet need of its view, so that the view itself may call upon them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from perc_scapy.capture.media import MediaPacket
from perc_scapy.pcap.packets import Datagram, Segment
from perc_scapy.view.expert import Expert
from perc_scapy.view.parts import Part
from perc_scapy.view.whereabouts import Place


class Viewed(Protocol):
    """A `packets.PacketView`, read."""

    @property
    def number(self) -> int:
        """Position in the file, from 1."""

    @property
    def src(self) -> str:
        """HOST:PORT, empty without IP."""

    @property
    def dst(self) -> str:
        """Likewise."""

    @property
    def parts(self) -> Sequence[Part]:
        """From the outermost to the innermost."""

    @property
    def payload(self) -> Datagram | Segment | None:
        """What the frame carries."""

    @property
    def media(self) -> MediaPacket | None:
        """The same as an SRTP or SRTCP packet."""

    @property
    def place(self) -> Place:
        """Whose it is, and where it was seen."""

    @property
    def expert(self) -> Sequence[Expert]:
        """What is worth a look."""

    @property
    def summary(self) -> str:
        """One line."""

    def locate(self) -> None:
        """Find where the parts lie in the frame."""

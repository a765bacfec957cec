# SPDX-License-Identifier: GPL-2.0-only
"""Short names of both ends of a media packet, fit for file names."""

from __future__ import annotations

import re

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.participants import find_participants
from perc_scapy.pcap.packets import Address


class Names:
    """Participants have letters (A, B, … in the order in which they came); others are named by address."""

    def __init__(self, analysis: Analysis) -> None:
        people = find_participants(analysis)
        self._letters = {id(a): person.letter for person in people for a in person.associations}

    def sender(self, packet: MediaPacket) -> str:
        """Empty when the packet comes from the MDD: then only its SSRC says who made it."""
        letter = self._letters.get(id(packet.association))
        if letter is None:
            return of_address(packet.datagram.src)
        return letter if packet.from_endpoint else ""

    def receiver(self, packet: MediaPacket) -> str:
        """Empty when the packet goes to the MDD."""
        letter = self._letters.get(id(packet.association))
        if letter is None:
            return of_address(packet.datagram.dst)
        return "" if packet.from_endpoint else letter


def of_address(address: Address) -> str:
    """Host and port with nothing in between that a file name must not have."""
    return re.sub(r"[^0-9A-Za-z.]+", "_", f"{address.host}_{address.port}").strip("_")

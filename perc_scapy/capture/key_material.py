# SPDX-License-Identifier: GPL-2.0-only
"""What keys come from in a capture of any size: handshakes, tunnels and full EKT fields, in bounded memory."""

from __future__ import annotations

from collections import Counter

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.learned import LateOpener, keys_in_fields, known_sets
from perc_scapy.capture.media import MediaReader, same_conference
from perc_scapy.codes import ContentType, EktMessageType
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.exported import TUNNEL
from perc_scapy.pcap.packets import Address, Datagram, Segment
from perc_scapy.wire import EktField, classify, peel_ekt

OBJECT_COST = 1024
"""Octets that a kept packet costs beside its own, about: the objects around it."""
HANDSHAKES, DATA, TCP = "handshakes", "application data", "TCP"
BUDGETS = {HANDSHAKES: 48 << 20, DATA: 48 << 20, TCP: 48 << 20}
"""Octets kept of DTLS handshakes, of DTLS application data (tunnels, but also data channels), and of TCP."""
FLOW_BUDGET = 8 << 20
"""Octets kept of one TCP connection: most of them are no tunnel."""
MAX_FLOWS = 1 << 16
MAX_FIELDS = 1 << 14
"""Different full EKT fields kept; a sender makes one a key and rollover."""


class KeyMaterial:
    """Feed it all payloads in order; then `analysis`, and with that `openers` for a second pass over the media."""

    def __init__(self) -> None:
        self.kept: list[Datagram | Segment] = []
        self.left_out = 0
        """Packets beyond the budgets."""
        self._left = dict(BUDGETS)
        self._flows: Counter[frozenset[Address]] = Counter()
        self.fields: dict[bytes, EktField] = {}

    def add(self, payload: Datagram | Segment) -> None:
        """Keep the payload, or its EKT field, or nothing of it."""
        data = payload.data
        if isinstance(payload, Segment):
            self._segment(payload)
        elif payload.protocol == TUNNEL:
            self._keep(payload, DATA)
        elif data and data[0] >> 6 == 2:
            if data[-1] == EktMessageType.FULL and classify(data) == "rtp":
                self.add_field(data)
        elif classify(data) == "dtls":
            bulk = data[0] == ContentType.APPLICATION_DATA
            self._keep(payload, DATA if bulk else HANDSHAKES)

    def add_field(self, packet: bytes) -> None:
        """The EKT field at the end of an RTP packet, if one can be there."""
        try:
            field = peel_ekt(packet)[1]
        except DecodeError:
            return
        if len(self.fields) < MAX_FIELDS:
            self.fields[field.raw] = field

    def _segment(self, segment: Segment) -> None:
        flow, cost = segment.flow, len(segment.data) + OBJECT_COST
        if flow not in self._flows and len(self._flows) >= MAX_FLOWS:
            self.left_out += 1
            return
        self._flows[flow] += cost
        if self._flows[flow] > FLOW_BUDGET:
            self.left_out += 1
        else:
            self._keep(segment, TCP)

    def _keep(self, payload: Datagram | Segment, budget: str) -> None:
        self._left[budget] -= len(payload.data) + OBJECT_COST
        if self._left[budget] >= 0:
            self.kept.append(payload)
        else:
            self.left_out += 1

    def analysis(self, keys: Keyring | KeyLog | None, tunnel: str | None = None) -> Analysis:
        """Everything about DTLS and tunnels, without media."""
        return Analysis(self.kept, keys, tunnel=tunnel)

    def openers(self, analysis: Analysis) -> tuple[MediaReader, LateOpener]:
        """What opens the media packets, in order, as `Analysis.media` does."""
        associations, statements = analysis.associations, analysis.keys.statements
        reader = MediaReader(associations, same_conference(associations), statements)
        sets = known_sets(associations, statements)
        return reader, LateOpener(keys_in_fields(self.fields.values(), sets))

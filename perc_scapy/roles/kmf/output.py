# SPDX-License-Identifier: GPL-2.0-only
"""Where the parts of a KMF leave what they produce: events, tunnel records, counts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Mapping

from perc_scapy.roles.kmf.events import DTLS_PREFIX, KmfEvent, Refusal


class KmfOutput:
    """Filled by associations and conferences, emptied by the owner of the KMF."""

    def __init__(self) -> None:
        self.events: deque[KmfEvent] = deque()
        self.records: list[tuple[Hashable, bytes]] = []
        self.counters: Counter[str] = Counter()

    def count(self, refusal: Refusal) -> None:
        """One more message without effect."""
        self.counters[refusal] += 1

    def count_engine(self, counters: Mapping[str, int]) -> None:
        """What a DTLS engine dropped, under `dtls_` and its own name for it."""
        for name, number in counters.items():
            self.counters[DTLS_PREFIX + name] += number

    def take_records(self) -> list[tuple[Hashable, bytes]]:
        """Everything to write to tunnels, once."""
        records, self.records = self.records, []
        return records

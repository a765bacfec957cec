# SPDX-License-Identifier: GPL-2.0-only
"""Which tunnels the MDD may use for which conference, which of them stand, and who must be at the other end."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from perc_scapy.roles.mdd.config import MddConference


class TunnelPool:
    """Known tunnels, and how many associations each open one carries."""

    def __init__(self, conferences: Iterable[MddConference]) -> None:
        self._fingerprints: dict[Hashable, set[str]] = {}
        self._load: dict[Hashable, int] = {}
        self._answered: dict[Hashable, int] = {}
        self._heard: dict[Hashable, float] = {}
        self._asked: set[Hashable] = set()
        for conference in conferences:
            for tunnel_id in conference.tunnels:
                wanted = self._fingerprints.setdefault(tunnel_id, set())
                wanted |= {conference.kmf_fingerprint} - {None}  # type: ignore[arg-type]

    def knows(self, tunnel_id: Hashable) -> bool:
        """Whether some conference names it."""
        return tunnel_id in self._fingerprints

    def trusts(self, tunnel_id: Hashable, fingerprint: str) -> bool:
        """Whether this certificate may be at the other end, for all conferences of the tunnel (SLD-ASM-01)."""
        return self._fingerprints[tunnel_id] <= {fingerprint}

    def opened(self, tunnel_id: Hashable, now: float) -> None:
        """It stands."""
        self._load[tunnel_id] = self._answered[tunnel_id] = 0
        self._heard[tunnel_id] = now
        self._asked.discard(tunnel_id)

    def closed(self, tunnel_id: Hashable) -> None:
        """It is gone."""
        self._load.pop(tunnel_id, None)
        self._answered.pop(tunnel_id, None)

    def heard(self, tunnel_id: Hashable, now: float) -> None:
        """A record came."""
        self._heard[tunnel_id] = now

    def heard_since(self, tunnel_id: Hashable, when: float) -> bool:
        """Whether a record came, or the tunnel was opened, at that time or later."""
        return self._heard.get(tunnel_id, when) >= when

    def is_open(self, tunnel_id: Hashable) -> bool:
        """Whether records may pass."""
        return tunnel_id in self._load

    def choose(self, conference: MddConference) -> Hashable | None:
        """The least loaded open tunnel of a conference; None when none is open."""
        standing = [name for name in conference.tunnels if name in self._load]
        return min(standing, key=self._load.__getitem__, default=None)

    def ask(self, conference: MddConference) -> Hashable | None:
        """A tunnel to wish for, once until it has stood; None when it was wished for already."""
        wish = conference.tunnels[0]
        if wish in self._asked:
            return None
        self._asked.add(wish)
        return wish

    def count(self, tunnel_id: Hashable, change: int) -> None:
        """An association came (+1) or went (-1)."""
        if tunnel_id in self._load:
            self._load[tunnel_id] += change

    def count_answered(self, tunnel_id: Hashable, change: int) -> None:
        """The KMF answered an association for the first time (+1), or such a one went (-1)."""
        if tunnel_id in self._answered:
            self._answered[tunnel_id] += change

    def serves_nobody(self, tunnel_id: Hashable) -> bool:
        """Whether no association in it was ever answered: nobody loses by its end."""
        return not self._answered.get(tunnel_id)

# SPDX-License-Identifier: GPL-2.0-only
"""Which keys to try on the media between two addresses: those of an association there, stated ones, and those of an
association nearby, because ICE may move media to another pair of addresses than the handshake used (RFC 8445 12.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from perc_scapy.capture.associations import Association, HopKeys
from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.hops import HopReader
from perc_scapy.capture.ice import IceNames
from perc_scapy.capture.stated_keys import StatedKeys, end_to_end, stated_sets
from perc_scapy.capture.statements import EktStatement, SrtpStatement, Statement
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.pcap.packets import Address, Datagram

Ring = Callable[[Association], Iterable[ReceivedEktKey]]
"""Which EKT keys to use on an association's packets."""
MAX_NEIGHBOURS = 16
"""Associations of other address pairs whose keys are tried."""


@dataclass(slots=True, eq=False)
class Hop:
    """A direction of media, and what opens it."""

    reader: HopReader | None
    """None: no keys."""
    association: Association | None = None
    from_endpoint: bool = False
    stated: SrtpStatement | EktStatement | None = None
    """What gave the key, when no association did."""
    profile: int | None = None
    """Negotiated or stated SRTP profile."""


class HopFinder:
    """Makes the readers of all associations' hops, each once, and puts those that may fit a datagram in order."""

    def __init__(
        self, associations: Iterable[Association], ring: Ring, statements: Sequence[Statement] = ()
    ) -> None:
        self._associations = list(associations)
        self._by_flow: dict[frozenset[Address], list[Association]] = {}
        for association in self._associations:
            if association.endpoint is not None and association.mdd is not None:
                flow = frozenset((association.endpoint, association.mdd))
                self._by_flow.setdefault(flow, []).append(association)
        self._ring, self._statements = ring, statements
        self._hops: dict[tuple[bytes, bool, int], Hop] = {}
        self._keys: dict[bytes, list[HopKeys]] = {}
        self.ice = IceNames()

    def here(self, datagram: Datagram) -> Iterator[Hop]:
        """Associations between these addresses that have begun, newest first, and so the keys of each."""
        for association in reversed(self._by_flow.get(datagram.flow, ())):
            if association.first_packet < datagram.number:
                yield from self._of(association, association.endpoint == datagram.src)

    def nearby(self, datagram: Datagram) -> list[Hop]:
        """Associations of other addresses that have begun, those that have most in common with these first."""
        begun = [
            (self._distance(a, datagram), -a.first_packet, place)
            for place, a in enumerate(self._associations)
            if a.first_packet < datagram.number and not _between(a, datagram)
        ]
        nearest = [self._associations[place] for _, _, place in sorted(begun)[:MAX_NEIGHBOURS]]
        hops = [h for a in nearest for side in _sides(a, datagram) for h in self._of(a, side)]
        return [hop for hop in hops if hop.reader is not None]

    def _distance(self, association: Association, datagram: Datagram) -> int:
        ends = [end for end in (association.endpoint, association.mdd) if end is not None]
        if len(ends) == 2 and self.ice.same(frozenset(ends), datagram.flow):
            return 0
        hosts = {datagram.src.host, datagram.dst.host}
        return 3 - len(hosts & {end.host for end in ends})

    def _of(self, association: Association, from_endpoint: bool) -> Iterator[Hop]:
        """One direction under the keys of each handshake, newest first; one without a reader when there are no keys."""
        name = association.client_random
        if name not in self._keys:
            self._keys[name] = association.all_hop_keys()
        known = self._keys[name]
        for place in range(max(0, len(known) - 1), -1, -1):
            key = name, from_endpoint, place
            if key not in self._hops:
                keys = known[place] if known else None
                self._hops[key] = self._make(association, from_endpoint, keys)
            yield self._hops[key]

    def _make(self, association: Association, from_endpoint: bool, told: HopKeys | None) -> Hop:
        profile = association.srtp_profile if told is None else told.profile
        hop = Hop(None, association, from_endpoint, None, profile)
        if told is None or profile is None or profile not in SRTP_PROFILES:
            return hop  # a handshake may name any profile
        # RFC 5764 section 4.2: the client's keys protect what the client, here the endpoint, sends.
        master = told.keys.client if from_endpoint else told.keys.server
        has_ekt = association.ekt_cipher is not None
        ring = self._ring(association) if has_ekt else None
        hop.reader = HopReader(
            profile, master, ring, inner=self._inner(association, from_endpoint, told),
            stated=stated_sets(self._statements, profile), mki=association.mki,
        )  # fmt: skip
        return hop

    def _inner(
        self, association: Association, from_endpoint: bool, told: HopKeys
    ) -> StatedKeys | None:
        """End-to-end keys without EKT: stated ones, else the first half of what was exported (RFC 8723 section 3)."""
        row = SRTP_PROFILES[told.profile]
        if not row.is_double:
            return None
        full = told.full if association.ekt_cipher is None else None
        half = None
        if full is not None:
            half = (full.client if from_endpoint else full.server).inner()
        return StatedKeys(row.layer.code, end_to_end(self._statements, row.layer.code), half)


def _between(association: Association, datagram: Datagram) -> bool:
    return {association.endpoint, association.mdd} == {datagram.src, datagram.dst}


def _sides(association: Association, datagram: Datagram) -> tuple[bool, ...]:
    """Whether a datagram may come from the endpoint, likelier answer first."""
    if association.endpoint is None:
        return True, False
    return (True, False) if association.endpoint.host == datagram.src.host else (False, True)

# SPDX-License-Identifier: GPL-2.0-only
"""Readers of hops whose key somebody states: media without any handshake in the capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perc_scapy.capture.hops import HopReader
from perc_scapy.capture.lanes import Hop
from perc_scapy.capture.layer_reader import LayerReader
from perc_scapy.capture.stated_keys import StatedKeys, end_to_end, stated_sets
from perc_scapy.capture.statements import EktStatement, SrtpStatement, Statement
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.pcap.packets import Address, Datagram

MAX_HOPS = 4096
"""Readers kept; the oldest goes first."""
MAX_TRIES = 64
"""Statements tried on one packet."""
DOUBLES = {int(row.layer.code): int(row.code) for row in SRTP_PROFILES.values() if row.is_double}
"""Profile of one layer -> the double profile that runs it twice."""


class StatedHops:
    """Each statement gets state of its own for each pair of addresses: the same packet may have passed twice."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._srtp = [s for s in statements if isinstance(s, SrtpStatement) and s.layer == "hop"]
        self._ekt = [s for s in statements if isinstance(s, EktStatement) and s.profile is not None]
        self._hops: dict[tuple[int, Address, Address], Hop] = {}

    def __bool__(self) -> bool:
        return bool(self._srtp or self._ekt)

    def of(self, datagram: Datagram, ssrc: int) -> Iterator[Hop]:
        """Hops whose key may fit; one that names the SSRC comes first."""
        number, src, dst = datagram.number, datagram.src, datagram.dst
        fitting = [s for s in self._srtp if s.scope.fits(ssrc, number, src, dst)]
        fitting.sort(key=lambda s: s.scope.ssrc is None)
        for statement in fitting[:MAX_TRIES]:
            yield self._hop(statement, datagram)
        for ekt in self._ekt[:MAX_TRIES]:
            if ekt.from_packet <= number:
                yield self._hop(ekt, datagram)

    def _hop(self, statement: Statement, datagram: Datagram) -> Hop:
        key = id(statement), datagram.src, datagram.dst
        hop = self._hops.get(key)
        if hop is None:
            if len(self._hops) >= MAX_HOPS:
                del self._hops[next(iter(self._hops))]
            hop = self._hops[key] = self._make(statement)
        return hop

    def _make(self, statement: Statement) -> Hop:
        if isinstance(statement, EktStatement):
            profile = statement.profile or 0
            sets = stated_sets(self._statements, profile)
            return Hop(HopReader(profile, None, (), stated=sets), None, False, statement, profile)
        return self._of_key(statement)

    def _of_key(self, statement: SrtpStatement) -> Hop:
        """A single profile with end-to-end keys beside it is the outer layer of a double."""
        scope, single = statement.scope, statement.profile
        inner = end_to_end(self._statements, single)
        double = DOUBLES.get(single)
        sets = [] if double is None else stated_sets(self._statements, double)
        layer = LayerReader(statement.context(), mki=scope.mki, roc=scope.roc)
        if double is None or not (statement.double or inner or sets):
            return Hop(HopReader(single, layer, None), None, False, statement, single)
        held = StatedKeys(single, inner)
        reader = HopReader(double, layer, (), inner=held, stated=sets, unsure=True)
        return Hop(reader, None, False, statement, double)

# SPDX-License-Identifier: GPL-2.0-only
"""Whose packet it is and on which hop: the association's letter, and between whom."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.calls import is_plain
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.participants import people_of
from perc_scapy.capture.steps import KMF, MDD
from perc_scapy.pcap.packets import Address, Datagram, Segment


class Place(NamedTuple):
    """`association` is the endpoint's letter or empty; `hop` is like `A>MDD`."""

    association: str = ""
    hop: str = ""


NOWHERE = Place()


class Whereabouts:
    """Letters and hops, looked up packet by packet."""

    def __init__(self, analysis: Analysis) -> None:
        self.people = people_of(analysis.associations)
        self._letters = {id(a): p.letter for p in self.people for a in p.associations}
        self._hops: dict[tuple[int, bool], Place] = {}
        self._packets: dict[int, tuple[str, Association]] = {}
        self._flows: dict[frozenset[Address], tuple[str, Association]] = {}
        self._tunneled: dict[int, tuple[str, Association]] = {}
        self._mdds: dict[frozenset[Address], Address] = {}
        for association in analysis.associations:
            self._add(self.letter(association), association)
        # In RFC 9185 either side may open the connection.
        openers = {id(t.session): getattr(t, "opened_by", "mdd") for t in analysis.tunnels}
        for session, client, server in (*analysis.dtls_sessions(), *analysis.tls_sessions()):
            if id(session) in openers:
                mdd = client if openers[id(session)] == "mdd" else server
                self._mdds[frozenset((client, server))] = mdd

    def _add(self, letter: str, association: Association) -> None:
        if association.endpoint is not None and association.mdd is not None:
            self._flows[frozenset((association.endpoint, association.mdd))] = letter, association
        if association.direct is not None:
            for seen in association.direct.records:
                self._packets[seen.packet] = letter, association
        for message in association.carrier.messages if association.carrier else ():
            self._tunneled[message.packet] = letter, association

    def letter(self, association: Association | None) -> str:
        """Of an association; empty for None, and for one that stays closed."""
        return self._letters.get(id(association), "")

    def of(self, payload: Datagram | Segment, media: MediaPacket | None) -> Place:
        """Where a packet belongs, as far as the analysis knows."""
        if media is not None and media.association is not None:
            return self._hop(self.letter(media.association), media.association, media.from_endpoint)
        found = self._packets.get(payload.number)
        if found is None:
            flow = frozenset((payload.src, payload.dst))
            found = self._flows.get(flow)
            if found is None:
                return self._in_tunnel(payload, flow)
        return self._hop(*found, payload.src == found[1].endpoint)

    def owner(self, payload: Datagram | Segment, media: MediaPacket | None) -> Association | None:
        """The association that a packet belongs to, at whatever hop."""
        if media is not None and media.association is not None:
            return media.association
        found = self._packets.get(payload.number) or self._tunneled.get(payload.number)
        found = found or self._flows.get(frozenset((payload.src, payload.dst)))
        return None if found is None else found[1]

    def _in_tunnel(self, payload: Datagram | Segment, flow: frozenset[Address]) -> Place:
        mdd = self._mdds.get(flow)
        if mdd is None:
            return NOWHERE
        hop = f"{MDD}>{KMF}" if payload.src == mdd else f"{KMF}>{MDD}"
        found = self._tunneled.get(payload.number)
        return Place("" if found is None else found[0], hop)

    def _hop(self, letter: str, association: Association, from_endpoint: bool) -> Place:
        known = self._hops.get((id(association), from_endpoint))
        if known is None:
            named = bool(letter) and not is_plain(association)
            near, far = (letter, MDD) if named else ("client", "server")
            known = Place(letter, f"{near}>{far}" if from_endpoint else f"{far}>{near}")
            self._hops[id(association), from_endpoint] = known
        return known

# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP of a capture, both layers, at every hop that an association gives keys for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.hops import HopReader, OpenedMedia
from perc_scapy.crypto.kdf import ExportedKeys
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.wire import PacketKind, classify

Ring = Callable[[Association], Iterable[ReceivedEktKey]]
"""Which EKT keys to use on an association's packets."""


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """One SRTP or SRTCP packet at one hop."""

    datagram: Datagram
    kind: PacketKind
    """"rtp" or "rtcp"."""
    association: Association | None
    """The endpoint's, whose keys the hop uses; None when no association is known between these addresses."""
    from_endpoint: bool
    opened: OpenedMedia

    @property
    def number(self) -> int:
        return self.datagram.number

    @property
    def ssrc(self) -> int:
        """Of the sender; the same before and after the MDD."""
        start = 8 if self.kind == "rtp" else 4
        return int.from_bytes(self.datagram.data[start : start + 4], "big")

    @property
    def timestamp(self) -> int:
        """RTP timestamp: the MDD never changes it."""
        return int.from_bytes(self.datagram.data[4:8], "big")

    @property
    def rtp(self) -> bytes | None:
        """Plain RTP packet as its sender made it."""
        return self.opened.plain if self.kind == "rtp" else None


class MediaReader:
    """Feed media datagrams in capture order."""

    def __init__(self, associations: Iterable[Association], ring: Ring) -> None:
        self._by_flow: dict[frozenset[Address], list[Association]] = {}
        for association in associations:
            if association.endpoint is not None and association.mdd is not None:
                flow = frozenset((association.endpoint, association.mdd))
                self._by_flow.setdefault(flow, []).append(association)
        self._ring = ring
        self._hops: dict[tuple[bytes, bool], HopReader | None] = {}

    def read(self, datagram: Datagram) -> MediaPacket | None:
        """Open one datagram; None when it is neither RTP nor RTCP. A later association's keys are tried first."""
        kind = classify(datagram.data)
        if kind not in ("rtp", "rtcp"):
            return None
        best = MediaPacket(datagram, kind, None, False, OpenedMedia(problem="no association here"))
        for association in self._current(datagram):
            from_endpoint = datagram.src == association.endpoint
            opened = self._open(association, from_endpoint, kind, datagram)
            best = MediaPacket(datagram, kind, association, from_endpoint, opened)
            if opened.hop_opened:
                break
        return best

    def _current(self, datagram: Datagram) -> list[Association]:
        """Associations between these addresses that have begun, newest first."""
        known = self._by_flow.get(datagram.flow, [])
        return [a for a in reversed(known) if a.first_packet < datagram.number]

    def _open(
        self, association: Association, from_endpoint: bool, kind: PacketKind, datagram: Datagram
    ) -> OpenedMedia:
        hop = self._hop(association, from_endpoint)
        if hop is None:
            return OpenedMedia(problem="no keys of this hop")
        if kind == "rtcp":
            return hop.rtcp(datagram.data)
        return hop.rtp(datagram.data, datagram.time)

    def _hop(self, association: Association, from_endpoint: bool) -> HopReader | None:
        key = association.client_random, from_endpoint
        if key not in self._hops:
            self._hops[key] = self._make_hop(association, from_endpoint)
        return self._hops[key]

    def _make_hop(self, association: Association, from_endpoint: bool) -> HopReader | None:
        keys: ExportedKeys | None = association.hop_keys()
        if keys is None:
            return None
        # RFC 5764 section 4.2: the client's keys protect what the client, here the endpoint, sends.
        master = keys.client if from_endpoint else keys.server
        ring = self._ring(association) if association.ekt_cipher is not None else None
        profile = association.srtp_profile or keys.profile
        return HopReader(profile, master, ring)


def same_conference(associations: Iterable[Association]) -> Ring:
    """A ring that knows every EKT key of the association's conference, whoever received it: an analyst's view."""
    everyone = list(associations)

    def ring(association: Association) -> list[ReceivedEktKey]:
        conference = association.conference_id
        fellows = (a for a in everyone if a.conference_id in (conference, None))
        return [received for fellow in fellows for received in fellow.ekt_keys()]

    return ring


def own_keys(association: Association) -> list[ReceivedEktKey]:
    """A ring of nothing but what this association's endpoint was given, from the beginning: `ReceivedEktKey.packet`
    says when it came."""
    return association.ekt_keys()

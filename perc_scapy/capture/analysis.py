# SPDX-License-Identifier: GPL-2.0-only
"""Everything that a capture and its key logs tell, worked out once: the base of ladders, trees, checks and exports.

Bytes in, objects out. Order: DTLS between addresses -> tunnels inside -> associations inside those -> media.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from perc_scapy.capture.associations import Association, find_associations
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.flow_table import FlowTable
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.learned import known_sets, learned_keys, open_late
from perc_scapy.capture.media import MediaPacket, MediaReader, Ring, own_keys, same_conference
from perc_scapy.capture.notes import Note, in_order
from perc_scapy.capture.remarks import association_notes
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.capture.tunnels import Tunnel, find_tunnels
from perc_scapy.capture.unsealed import UnseenSession
from perc_scapy.pcap.packets import Address, Datagram, Segment, payloads
from perc_scapy.pcap.reader import CaptureReader
from perc_scapy.pcap.streams import StreamChunk, TcpStreams
from perc_scapy.wire import classify

Packets = Iterable[Datagram | Segment | StreamChunk]


class Analysis:
    """Made from what a capture carries, in its order, and the keys at hand; never raises on untrusted bytes.

    `datagrams` are all UDP datagrams, `segments` all TCP segments, `chunks` the octets of TCP in order. `tunnel`: a
    name of `TUNNEL_VERSIONS`, when it is known what tunnels run. Raises `ConfigError` for another name.
    """

    def __init__(
        self, packets: Packets, keys: KeyLog | Keyring | None = None, *, tunnel: str | None = None
    ) -> None:
        self.keys = Keyring.from_keys(keys)
        self.keylog = self.keys.keylog
        self.datagrams: list[Datagram] = []
        self.segments: list[Segment] = []
        self.chunks: list[StreamChunk] = []
        self._take(packets)
        self._table = FlowTable()
        for d in self.datagrams:
            if d.protocol:
                self._table.add_pdu(d)
            elif classify(d.data) == "dtls":
                self._table.add_datagram(d.number, d.time, d.src, d.dst, d.data)
        for chunk in self.chunks:
            self._table.add_chunk(chunk)
        self._table.resolve(self.keylog)
        carriers: list[DtlsSession | TlsSession] = [s for s, _, _ in self.dtls_sessions()]
        carriers += [s for s, _, _ in self.tls_sessions()]
        self.tunnels: list[Tunnel] = find_tunnels(carriers, self.keylog, tunnel)
        self.associations: list[Association] = find_associations(self._not_tunnels(), self.tunnels)

    def _take(self, packets: Packets) -> None:
        streams = TcpStreams()
        for packet in packets:
            if isinstance(packet, Datagram):
                self.datagrams.append(packet)
            elif isinstance(packet, Segment):
                self.segments.append(packet)
                self.chunks += streams.add(packet)
            else:
                self.chunks.append(packet)
        self.chunks += streams.finish()

    def dtls_sessions(self) -> list[tuple[DtlsSession, Address, Address]]:
        """(session, client, server) of every DTLS association between addresses, oldest first."""
        return self._table.sessions()

    def tls_sessions(self) -> list[tuple[TlsSession, Address, Address]]:
        """(session, client, server) of every TLS connection, oldest first."""
        return self._table.tls_sessions()

    def _not_tunnels(self) -> list[tuple[DtlsSession, Address, Address]]:
        carriers = {id(tunnel.session) for tunnel in self.tunnels}
        return [
            item
            for item in self.dtls_sessions()
            if id(item[0]) not in carriers and not isinstance(item[0], UnseenSession)
        ]

    @cached_property
    def notes(self) -> list[Note]:
        """What no field shows: why something stayed closed, what the keys at hand are good for."""
        found = self._table.notes(self.keylog)
        for tunnel in self.tunnels:
            found += tunnel.notes(self.keylog)
        return in_order(found + association_notes(self.associations, self.keys))

    @cached_property
    def media(self) -> list[MediaPacket]:
        """All SRTP and SRTCP packets, opened with every EKT key of their conference, whenever it came."""
        media = self.read_media(same_conference(self.associations))
        sets = known_sets(self.associations, self.keys.statements)
        open_late(media, learned_keys(media, sets))
        return media

    @cached_property
    def own_media(self) -> list[MediaPacket]:
        """All SRTP and SRTCP packets, opened at each hop with the EKT keys of its own endpoint alone."""
        return self.read_media(own_keys)

    def read_media(self, ring: Ring) -> list[MediaPacket]:
        """All SRTP and SRTCP packets, opened with stated keys and the EKT keys that `ring` allows."""
        reader = MediaReader(self.associations, ring, self.keys.statements)
        return [packet for d in self.datagrams if (packet := reader.read(d)) is not None]


def analyse(capture: CaptureReader, keys: KeyLog | Keyring | None = None) -> Analysis:
    """Read a capture to its end (or its damage) and analyse it, with its own secrets and `keys`."""
    packets = list(payloads(capture))
    ring = Keyring.from_keys(keys)
    for text in capture.secrets:
        ring.keylog.add_text(text)
    return Analysis(packets, ring)

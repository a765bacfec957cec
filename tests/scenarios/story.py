# SPDX-License-Identifier: GPL-2.0-only
"""What crossed the network of a simulated conference, opened with its key log and named message by message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.record import split_records
from perc_scapy.roles.events import AssociationOpened
from perc_scapy.sim.conference import KMF, SimConference
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import TunneledDtls
from perc_scapy.wire import classify

DRAFT = TUNNEL_VERSIONS["draft00"]


@dataclass(frozen=True)
class Row:
    """One datagram. `names`: its handshake messages, `ack`, `srtp`, `srtcp`; of a tunnel record what is inside."""

    packet: int
    time: float
    source: str
    """Participant, `mdd` or `kmf`."""
    destination: str
    names: tuple[str, ...]
    data: bytes
    message: TunneledDtls | None = None
    participant: str = ""
    """Whom a tunnel message is about."""


class Story:
    """All rows of a run whose `network.log` was on from the start."""

    def __init__(self, conference: SimConference) -> None:
        self.conference = conference
        self._log = conference.network.log or []
        self._keys = KeyLog()
        self._keys.add_text("\n".join(conference.keylog).encode())
        self._who: dict[Any, str] = {
            node.addresses[0]: name for name, node in conference.endpoints.items()
        }
        mdd = dict.fromkeys(conference.mdd.addresses, "mdd")
        self._ends: dict[Any, str] = {KMF: "kmf", **mdd, **self._who}
        self._association = {
            event.association_id: self._who.get(event.path.remote, "")
            for event in conference.mdd.of(AssociationOpened)
        }
        self._contents: dict[int, list[tuple[int, bytes]]] = {}
        self.sessions: list[DtlsSession] = []
        """Every DTLS association on every link, opened."""
        self._open()
        self._payloads = {
            crossing.data: self._contents.get(packet, [])
            for packet, crossing in enumerate(self._log)
            if KMF not in (crossing.source, crossing.destination)
        }
        self.rows = [self._row(packet) for packet in range(len(self._log))]

    def _open(self) -> None:
        flows: dict[Any, DtlsFlow] = {}
        for packet, crossing in enumerate(self._log):
            if classify(crossing.data) == "dtls":
                pair = frozenset((crossing.source, crossing.destination))
                flow = flows.setdefault(pair, DtlsFlow())
                flow.add(packet, crossing.time, crossing.source, crossing.data)
        for flow in flows.values():
            flow.resolve(self._keys)
            self.sessions += flow.sessions
            for session in flow.sessions:
                for seen in session.records:
                    content = seen.content if seen.content is not None else b""
                    self._contents.setdefault(seen.packet, []).append((seen.record.type, content))

    def _row(self, packet: int) -> Row:
        crossing = self._log[packet]
        source, destination = self._ends[crossing.source], self._ends[crossing.destination]
        contents = self._contents.get(packet, [])
        message, participant = None, ""
        if contents and contents[0][0] == ContentType.APPLICATION_DATA:
            message = DRAFT.decode(contents[0][1], "mdd" if source == "mdd" else "kmf")
            participant = self._association.get(message.association_id, "")
            # The MDD relays payloads unchanged, so the same octets were seen on the endpoint's link.
            contents = self._payloads.get(message.dtls, [])
        names = tuple(map(_name, contents)) or (
            (f"s{classify(crossing.data)}",) if not message else ()
        )
        return Row(
            packet, crossing.time, source, destination, names, crossing.data, message, participant
        )

    def find(
        self, source: str, destination: str, name: str, about: str = "", after: float = -1.0
    ) -> Row:
        """The first row with a message of that name."""
        for row in self.rows:
            ends = (row.source, row.destination) == (source, destination)
            if ends and name in row.names and row.participant == about and row.time >= after:
                return row
        raise AssertionError(f"no {name} from {source} to {destination} about {about or 'itself'}")

    def all(self, source: str, destination: str, name: str = "") -> list[Row]:
        """Every row between two ends, or those with a message of that name."""
        return [
            row
            for row in self.rows
            if (row.source, row.destination) == (source, destination)
            and (not name or name in row.names)
        ]


def _name(content: tuple[int, bytes]) -> str:
    kind, data = content
    if kind == ContentType.HANDSHAKE:
        return HandshakeType(data[0]).name.lower() if data else "sealed"
    return ContentType(kind).name.lower()


def payloads(datagram: bytes) -> list[bytes]:
    """The fragments of a DTLS datagram's records."""
    return [record.fragment for record in split_records(datagram)[0]]

# SPDX-License-Identifier: GPL-2.0-only
"""Endpoint associations of a capture: what passed between endpoint and MDD, and inside the tunnel, put together.

Both sights of one association have the same client random, because the MDD relays datagrams unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from perc_scapy.capture.dtls_sessions import DtlsSession, ReceivedEktKey
from perc_scapy.capture.tunnels import SeenMessage, Tunnel, TunneledAssociation
from perc_scapy.codes import ExtensionType
from perc_scapy.crypto.kdf import ExportedKeys
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls.extensions import decode_use_srtp
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.packets import Address
from perc_scapy.tunnel.messages import TunneledDtls


class HopKeys(NamedTuple):
    """Keys of a hop from one handshake on."""

    packet: int
    """Where they were agreed or told."""
    profile: int
    """As negotiated: a double keeps its code point."""
    keys: ExportedKeys
    """Of the hop: the outer half of a double."""
    full: ExportedKeys | None = None
    """All that was exported, when the key log has it."""


@dataclass
class Association:
    """One DTLS association between an endpoint and the KMF, seen on one link or on both."""

    client_random: bytes
    direct: DtlsSession | None = None
    """As it passed between endpoint and MDD."""
    endpoint: Address | None = None
    mdd: Address | None = None
    tunneled: DtlsSession | None = None
    """As it passed inside the tunnel."""
    carrier: TunneledAssociation | None = None
    tunnel: Tunnel | None = None

    @property
    def sessions(self) -> list[DtlsSession]:
        """Both sights, as far as the capture has them."""
        return [session for session in (self.direct, self.tunneled) if session is not None]

    @property
    def first_packet(self) -> int:
        """Where it begins."""
        return min(session.records[0].packet for session in self.sessions)

    @property
    def srtp_profile(self) -> int | None:
        return next((s.srtp_profile for s in self.sessions if s.srtp_profile is not None), None)

    @property
    def ekt_cipher(self) -> int | None:
        return next((s.ekt_cipher for s in self.sessions if s.ekt_cipher is not None), None)

    @property
    def mki(self) -> int:
        """Octets of the master key identifier in every SRTP packet, as negotiated (RFC 5764 section 4.1.3)."""
        for session in self.sessions:
            hello = session.server_hello
            data = None if hello is None else hello.extensions.get(ExtensionType.USE_SRTP)
            if data is not None:
                return _mki_length(data)
        return 0

    @property
    def conference_id(self) -> bytes | None:
        """What the MDD calls the conference in the tunnel."""
        return None if self.carrier is None else self.carrier.conference_id

    def exported(self) -> ExportedKeys | None:
        """Full DTLS-SRTP keys, from the key log."""
        return next((keys for s in self.sessions if (keys := s.exported_keys())), None)

    def hop_keys(self) -> ExportedKeys | None:
        """Keys of the hop between endpoint and MDD: from the key log, else as the KMF told the MDD."""
        full = self.exported()
        if full is not None:
            return _of_hop(full)
        told = self._told()
        if told is None or told.keys is None:
            return None
        layer = SRTP_PROFILES[told.keys.profile].layer.code
        return ExportedKeys(layer, told.keys.client, told.keys.server)

    def all_hop_keys(self) -> list[HopKeys]:
        """Keys of each handshake, oldest first: a renegotiation makes new ones (RFC 5764 section 5.2), and the KMF
        tells them to the MDD in a further message (RFC 8871 section 4.5.2).
        """
        for session in self.sessions:
            exported = session.all_exported_keys()
            if exported:
                return [HopKeys(packet, k.profile, _of_hop(k), k) for packet, k in exported]
        first, profile = self.hop_keys(), self.srtp_profile
        found = []
        if first is not None:
            found.append(HopKeys(self.first_packet, profile or first.profile, first))
        alone = self.carrier is not None and len(self.carrier.flow.sessions) == 1
        for seen in self.key_messages() if alone else ():
            if not _is_told(seen):
                continue
            keys = None if seen.message is None else seen.message.keys
            if keys is not None:
                layer = SRTP_PROFILES[keys.profile].layer.code
                told = ExportedKeys(layer, keys.client, keys.server)
                if all(told != known.keys for known in found):
                    found.append(HopKeys(seen.packet, keys.profile, told))
        return found

    def _told(self) -> TunneledDtls | None:
        """Where one association id carried several handshakes: what came with the records of this one."""
        seen = list(self.key_messages())
        own = {record.packet for record in self.tunneled.records} if self.tunneled else set()
        mine = [each for each in seen if each.packet in own]
        return next((each.message for each in mine or seen if _is_told(each)), None)

    def key_messages(self) -> Iterator[SeenMessage]:
        """Tunnel messages that carried keys for this association (type 2)."""
        for seen in self.carrier.messages if self.carrier else ():
            if seen.message is not None and seen.message.keys is not None:
                yield seen

    def ekt_keys(self) -> list[ReceivedEktKey]:
        """What the endpoint was given, in order; numbered by its own link where the capture has that."""
        found: dict[int, ReceivedEktKey] = {}
        for session in self.sessions:
            for received in session.ekt_keys():
                found.setdefault(received.parameters.spi, received)
        return sorted(found.values(), key=lambda received: received.packet)


def _is_told(seen: SeenMessage) -> bool:
    """Not zeros in the place of keys, as `perc keys share` writes them."""
    keys = None if seen.message is None else seen.message.keys
    return keys is not None and keys.known


def _of_hop(full: ExportedKeys) -> ExportedKeys:
    return full.outer() if SRTP_PROFILES[full.profile].is_double else full


def _mki_length(use_srtp: bytes) -> int:
    try:
        return len(decode_use_srtp(use_srtp).mki)
    except DecodeError:
        return 0


def find_associations(
    direct: Iterable[tuple[DtlsSession, Address, Address]], tunnels: Iterable[Tunnel]
) -> list[Association]:
    """Associations in the order in which they began. `direct`: (session, client, server)."""
    found: dict[bytes, Association] = {}
    for tunnel in tunnels:
        for carrier in tunnel.associations.values():
            for session in carrier.flow.sessions:
                association = _named(found, session)
                association.tunneled, association.carrier = session, carrier
                association.tunnel = tunnel
    for session, client, server in direct:
        association = _named(found, session)
        association.direct, association.endpoint, association.mdd = session, client, server
    return sorted(found.values(), key=lambda association: association.first_packet)


def _named(found: dict[bytes, Association], session: DtlsSession) -> Association:
    return found.setdefault(session.client_random, Association(session.client_random))

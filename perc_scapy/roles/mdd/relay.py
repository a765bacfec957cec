# SPDX-License-Identifier: GPL-2.0-only
"""DTLS between endpoints and KMF at the MDD: association ids, the profile list, hop keys, and the ends of associations.

Payloads pass unread and whole, one datagram one message, in both directions (draft-jones-perc-dtls-tunnel-00 5.2).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable

from perc_scapy.errors import EncodeError
from perc_scapy.roles.mdd.association import Association, AssociationTable, Input, State
from perc_scapy.roles.mdd.config import MddConfig
from perc_scapy.roles.mdd.events import (
    AssociationAnswered,
    AssociationClosed,
    AssociationOpened,
    EndReason,
    HopKeysInstalled,
    MddDrop,
    MddEvent,
    Path,
    TunnelWanted,
)
from perc_scapy.roles.mdd.forwarder import Forwarder
from perc_scapy.roles.mdd.forwarder_leg import Leg
from perc_scapy.roles.mdd.keys import KeyRegister, digest_of
from perc_scapy.roles.mdd.tunnels import TunnelPool
from perc_scapy.roles.tunnels import CloseTunnel
from perc_scapy.tunnel.links import is_client_hello
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls, TunnelVersion

SILENT = "silent"
"""Why a tunnel is closed that stands but does not answer."""


class AssociationRelay:
    """All associations of an MDD. `events`, `datagrams` and `records` are for the owner to take away."""

    def __init__(
        self,
        config: MddConfig,
        codec: TunnelVersion,
        tunnels: TunnelPool,
        forwarders: dict[bytes, Forwarder],
        counters: Counter[str],
        random: Callable[[int], bytes],
    ) -> None:
        self.counters = counters
        self.events: deque[MddEvent] = deque()
        self.datagrams: list[tuple[bytes, Path]] = []
        self.records: list[tuple[Hashable, bytes]] = []
        self.timer: float | None = None
        self.legs: dict[Path, tuple[Forwarder, Leg]] = {}
        """Participants with keys: where media of a path goes."""
        self.table = AssociationTable(random)
        self._config, self._limits = config, config.limits
        self._codec, self._tunnels, self._forwarders = codec, tunnels, forwarders
        self._conferences = {conference.id: conference for conference in config.conferences}
        self._keys = KeyRegister()

    # -- from endpoints

    def relay(self, data: bytes, path: Path, now: float) -> None:
        """Endpoint to KMF: the payload as it is, never split, merged or read (AMB-10)."""
        association = self.table.at(path) or self._open(data, path, now)
        if association is None:
            return
        association.seen_at = now
        if association.leg is not None and is_client_hello(data):
            association.leg.said_bye = False  # it comes back, at the pace of its retransmissions
        announce = association.state is State.ANNOUNCED
        message = TunneledDtls(
            association.id,
            data,
            association.conference_id,
            profiles=self._config.profiles if announce else None,
        )
        try:
            record = self._codec.encode(message, "mdd")
        except EncodeError:
            self.counters[MddDrop.OVERSIZED] += 1
            return
        self.records.append((association.tunnel_id, record))
        if announce and now - association.opened_at >= self._limits.answer_timeout:
            self._doubt(association)

    def _doubt(self, association: Association) -> None:
        """Close a tunnel whose KMF seems to have forgotten it, unless somebody could lose by it."""
        tunnel_id = association.tunnel_id
        heard = self._tunnels.heard_since(tunnel_id, association.opened_at)
        if not heard and self._tunnels.serves_nobody(tunnel_id):
            self.events.append(CloseTunnel(tunnel_id, SILENT))

    def _open(self, data: bytes, path: Path, now: float) -> Association | None:
        conference = self._conferences[path.listener]
        tunnel_id = self._tunnels.choose(conference)
        if not is_client_hello(data):
            self.counters[MddDrop.NOT_A_CLIENT_HELLO] += 1
        elif tunnel_id is None:
            self.counters[MddDrop.NO_TUNNEL] += 1
            wish = self._tunnels.ask(conference)
            if wish is not None:
                self.events.append(TunnelWanted(wish))
        elif self._make_room():
            return self._open_on(tunnel_id, path, now)
        return None

    def _make_room(self) -> bool:
        if self.table.half_open >= self._limits.max_half_open:
            self.end(self.table.oldest_half_open(), EndReason.HALF_OPEN_CAP)
        if len(self.table) >= self._limits.max_associations:
            self.counters[MddDrop.ASSOCIATION_CAP] += 1
            return False
        return True

    def _open_on(self, tunnel_id: Hashable, path: Path, now: float) -> Association:
        association = self.table.open(path, tunnel_id, now)
        self._tunnels.count(tunnel_id, +1)
        self._wake_at(association.deadline(self._limits))
        self.events.append(AssociationOpened(association.id, path.listener, tunnel_id, path))
        return association

    # -- from the KMF

    def take_message(self, association: Association, message: TunneledDtls, now: float) -> None:
        if message.conference_id not in (None, association.conference_id):
            self.counters[MddDrop.CONFERENCE_MISMATCH] += 1
        if association.state is State.ANNOUNCED:
            self._tunnels.count_answered(association.tunnel_id, +1)
            self.events.append(AssociationAnswered(association.id, association.conference_id))
        association.move(Input.ANSWER)
        association.seen_at = now
        if message.keys is not None:
            self._take_keys(association, message.keys, now)
        if message.dtls:
            self.datagrams.append((message.dtls, association.path))
        elif message.keys is None:
            self.counters[MddDrop.EMPTY_DTLS] += 1

    def _take_keys(self, association: Association, keys: HopKeys, now: float) -> None:
        digest = digest_of(keys)
        if digest == association.key_digest:
            return  # AMB-15: a repeat never touches a context
        if keys.profile not in self._config.profiles:
            self.counters[MddDrop.PROFILE_NOT_OFFERED] += 1
        elif not self._keys.take(keys):
            self.counters[MddDrop.KEY_REUSED] += 1
        else:
            association.key_digest = digest
            self._install(association, keys, now)

    def _install(self, association: Association, keys: HopKeys, now: float) -> None:
        forwarder = self._forwarders[association.conference_id]
        leg, rekey = association.leg, association.leg is not None
        if leg is None:
            leg = association.leg = Leg(association.id, association.path, keys, now)
            self.legs[association.path] = forwarder, leg
            self.table.keyed(association)
        else:
            leg.rekey(keys, now, self._limits.rekey_hold)
        forwarder.add(leg)
        association.move(Input.KEYS)
        self._wake_at(leg.hold_until or association.deadline(self._limits))
        self.events.append(
            HopKeysInstalled(
                association.id,
                association.conference_id,
                association.tunnel_id,
                association.path,
                keys.profile,
                keys.client.key.id,
                keys.server.key.id,
                rekey,
            )
        )

    # -- ends

    def end_all(self, tunnel_id: Hashable) -> int:
        lost = self.table.of_tunnel(tunnel_id)
        for association in lost:
            self.end(association, EndReason.TUNNEL_LOST)
        return len(lost)

    def end(self, association: Association, reason: EndReason) -> None:
        if association.state is not State.ANNOUNCED:
            self._tunnels.count_answered(association.tunnel_id, -1)
        association.move(Input.END)
        self.table.close(association)
        self._tunnels.count(association.tunnel_id, -1)
        if association.leg is not None:
            forwarder, leg = self.legs.pop(association.path)
            forwarder.remove(leg)
            association.leg = None
            self.take_events(forwarder)
        self.events.append(
            AssociationClosed(association.id, association.conference_id, association.path, reason)
        )

    def take_events(self, forwarder: Forwarder) -> None:
        """What the forwarder has to report goes in line with the rest."""
        self.events += forwarder.events
        forwarder.events = []

    # -- timer

    def expect_end(self, path: Path) -> None:
        """The participant said BYE: its time may be shorter now."""
        association = self.table.at(path)
        if association is not None:
            self._wake_at(association.deadline(self._limits))

    def handle_timer(self, now: float) -> None:
        """End what ran out of time."""
        if self.timer is None or now < self.timer:
            return
        for association in self.table:
            if association.deadline(self._limits) <= now:
                self.end(association, _why(association))
            elif association.leg is not None:
                self._forwarders[association.conference_id].expire_old_keys(association.leg, now)
        self._set_timer()

    def _wake_at(self, when: float) -> None:
        self.timer = when if self.timer is None else min(self.timer, when)

    def _set_timer(self) -> None:
        self.timer = None
        for association in self.table:
            self._wake_at(association.deadline(self._limits))
            if association.leg is not None and association.leg.hold_until is not None:
                self._wake_at(association.leg.hold_until)


def _why(association: Association) -> EndReason:
    """Why an association ends whose time is over."""
    if association.leg is None:
        return EndReason.HALF_OPEN_TIMEOUT
    return EndReason.BYE if association.leg.said_bye else EndReason.IDLE

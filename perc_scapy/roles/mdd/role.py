# SPDX-License-Identifier: GPL-2.0-only
"""The MDD (RFC 8871: Media Distributor): relays DTLS blindly between endpoints and KMF, and media among endpoints.

Datagrams of endpoints come in at `receive_datagram`, records of the KMF at `receive_tunnel`. The first octet tells DTLS
from media (RFC 7983). DTLS goes through the tunnel unread; media goes to the `Forwarder` of its conference.
The MDD holds hop-by-hop keys only: it can neither read ekt_key nor open an inner layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from perc_scapy.errors import ConfigError, LocalError
from perc_scapy.roles.mdd.config import MddConfig, RelayPolicy
from perc_scapy.roles.mdd.events import EndReason, MddDrop, MddEvent, Path
from perc_scapy.roles.mdd.forwarder import Forwarder
from perc_scapy.roles.mdd.relay import AssociationRelay
from perc_scapy.roles.mdd.tunnels import TunnelPool
from perc_scapy.roles.tunnels import CloseTunnel, TunnelLost
from perc_scapy.tunnel import LIVE_VERSIONS, TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import RefusedMessage
from perc_scapy.wire import classify


@dataclass(frozen=True, slots=True)
class AssociationView:
    """An association for people and tests; a copy."""

    association_id: bytes
    conference_id: bytes
    tunnel_id: Hashable
    path: Path
    state: str
    profile: int | None
    key_digest: bytes | None
    """`mdd_keys.digest_of` the present hop keys."""


class Mdd:
    """One Media Distributor. Everything that has no effect is counted in `counters` (names: `MDD_COUNTERS`)."""

    def __init__(self, config: MddConfig, *, random: Callable[[int], bytes]) -> None:
        if config.tunnel_version not in LIVE_VERSIONS:
            raise ConfigError(f"mdd: unknown tunnel_version {config.tunnel_version!r}")
        self.counters: Counter[str] = Counter()
        self._codec = TUNNEL_VERSIONS[config.tunnel_version]
        self._tunnels = TunnelPool(config.conferences)
        self._forwarders = {
            c.id: Forwarder(c.id, c.relay, self.counters, config.limits.max_ssrcs)
            for c in config.conferences
        }
        self._relay = AssociationRelay(
            config, self._codec, self._tunnels, self._forwarders, self.counters, random
        )
        self._legs = self._relay.legs

    # -- verbs

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        """One UDP payload that arrived on the listen address of a conference."""
        keyed = self._legs.get(path)
        if keyed is not None and data and 128 <= data[0] < 192:
            forwarder, leg = keyed
            if len(data) > 1 and 192 <= data[1] <= 223:  # RFC 5761 section 4
                self._relay.datagrams += forwarder.forward_rtcp(data, leg, now)
                if leg.said_bye:
                    self._relay.expect_end(path)
            else:
                self._relay.datagrams += forwarder.forward(data, leg, now)
            if forwarder.events:
                self._relay.take_events(forwarder)
            return
        self._receive_other(data, path, now)

    def next_event(self) -> MddEvent | None:
        return self._relay.events.popleft() if self._relay.events else None

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Path]]:
        out, self._relay.datagrams = self._relay.datagrams, []
        return out

    def tunnel_data_to_send(self) -> list[tuple[Hashable, bytes]]:
        """(tunnel, record) pairs; one element is one record."""
        records, self._relay.records = self._relay.records, []
        return records

    def get_timer(self) -> float | None:
        return self._relay.timer

    def handle_timer(self, now: float) -> None:
        """End what ran out of time."""
        self._relay.handle_timer(now)

    # -- tunnels

    def tunnel_opened(self, tunnel_id: Hashable, peer_fingerprint: str, now: float) -> None:
        """A tunnel stands and its KMF has proven this certificate."""
        if not self._tunnels.knows(tunnel_id):
            self._refuse_tunnel(tunnel_id, MddDrop.UNKNOWN_TUNNEL)
        elif not self._tunnels.trusts(tunnel_id, peer_fingerprint):
            self._refuse_tunnel(tunnel_id, MddDrop.TUNNEL_REFUSED)
        else:
            self._relay.end_all(tunnel_id)
            self._tunnels.opened(tunnel_id, now)

    def tunnel_closed(self, tunnel_id: Hashable, reason: str, now: float) -> None:
        """A tunnel ended, and all its associations with it (AMB-21)."""
        if self._tunnels.is_open(tunnel_id):
            self._tunnels.closed(tunnel_id)
            self._relay.events.append(TunnelLost(tunnel_id, reason, self._relay.end_all(tunnel_id)))

    def receive_tunnel(self, tunnel_id: Hashable, data: bytes, now: float) -> None:
        """One record from the KMF."""
        if not self._tunnels.is_open(tunnel_id):
            self.counters[MddDrop.UNKNOWN_TUNNEL] += 1
            return
        self._tunnels.heard(tunnel_id, now)
        try:
            message = self._codec.decode(data, "kmf")
        except RefusedMessage as refused:
            self.counters[refused.reason] += 1
            return
        association = self._relay.table.named(tunnel_id, message.association_id)
        if association is None:
            self.counters[MddDrop.UNKNOWN_ASSOCIATION] += 1
            return
        self._relay.take_message(association, message, now)

    # -- control

    def set_change(self, conference_id: bytes, policy: RelayPolicy) -> None:
        """Rewrite headers of a conference like this from now on."""
        self._known(conference_id).set_policy(policy)

    def remove(self, path: Path, now: float) -> None:
        """Conference control: forget an endpoint; draft-00 has no message that would tell the KMF."""
        association = self._relay.table.at(path)
        if association is not None:
            self._relay.end(association, EndReason.REMOVED)

    def originate(self, conference_id: bytes, rtp: bytes) -> None:
        """Send a packet of the MDD's own to all participants, hop-by-hop protected only (RFC 8723 5.1 step 2)."""
        self._relay.datagrams += self._known(conference_id).originate(rtp)

    def associations(self) -> list[AssociationView]:
        """What lives now."""
        return [
            AssociationView(
                association.id,
                association.conference_id,
                association.tunnel_id,
                association.path,
                association.state.name.lower(),
                None if association.leg is None else association.leg.profile,
                association.key_digest,
            )
            for association in self._relay.table
        ]

    def _known(self, conference_id: bytes) -> Forwarder:
        forwarder = self._forwarders.get(conference_id)
        if forwarder is None:
            raise LocalError(f"no conference {conference_id.hex()}")
        return forwarder

    # -- inside

    def _receive_other(self, data: bytes, path: Path, now: float) -> None:
        kind = classify(data)
        if path.listener not in self._forwarders:
            self.counters[MddDrop.UNKNOWN_LISTENER] += 1
        elif kind == "dtls":
            self._relay.relay(data, path, now)
        elif kind in ("rtp", "rtcp"):
            self.counters[MddDrop.NO_KEYS] += 1
        else:
            self.counters[MddDrop.UNKNOWN_PACKET] += 1

    def _refuse_tunnel(self, tunnel_id: Hashable, why: MddDrop) -> None:
        self.counters[why] += 1
        self._relay.events.append(CloseTunnel(tunnel_id, why))

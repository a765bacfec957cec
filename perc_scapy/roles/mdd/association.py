# SPDX-License-Identifier: GPL-2.0-only
"""One endpoint's DTLS association as the MDD sees it: an id, a pair of addresses, a tunnel, and at last hop keys."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from enum import Enum, auto

from perc_scapy.roles.mdd.config import MddLimits
from perc_scapy.roles.mdd.events import Path
from perc_scapy.roles.mdd.forwarder_leg import Leg


class State(Enum):
    """Where an association stands."""

    ANNOUNCED = auto()
    """Its datagrams carry the profile list, since the KMF has not answered yet (AMB-12)."""
    RELAYING = auto()
    """The KMF has answered."""
    KEYED = auto()
    """Hop keys are here: media flows."""
    CLOSED = auto()


class Input(Enum):
    """What moves an association."""

    ANSWER = auto()
    KEYS = auto()
    END = auto()


TRANSITIONS: dict[tuple[State, Input], State] = {
    (State.ANNOUNCED, Input.ANSWER): State.RELAYING,
    (State.ANNOUNCED, Input.KEYS): State.KEYED,
    (State.ANNOUNCED, Input.END): State.CLOSED,
    (State.RELAYING, Input.ANSWER): State.RELAYING,
    (State.RELAYING, Input.KEYS): State.KEYED,
    (State.RELAYING, Input.END): State.CLOSED,
    (State.KEYED, Input.ANSWER): State.KEYED,
    (State.KEYED, Input.KEYS): State.KEYED,
    (State.KEYED, Input.END): State.CLOSED,
}
"""The whole machine; a pair that is missing cannot happen."""


class Association:
    """Lives from the first ClientHello of a new pair of addresses to its end; a later ClientHello gets a new one."""

    __slots__ = (
        "conference_id",
        "id",
        "key_digest",
        "leg",
        "opened_at",
        "path",
        "seen_at",
        "state",
        "tunnel_id",
    )

    def __init__(self, association_id: bytes, path: Path, tunnel_id: Hashable, now: float) -> None:
        self.id = association_id
        self.conference_id = path.listener
        self.path = path
        self.tunnel_id = tunnel_id
        """The one tunnel of all its messages (T00-MDD-01)."""
        self.state = State.ANNOUNCED
        self.opened_at = self.seen_at = now
        self.leg: Leg | None = None
        self.key_digest: bytes | None = None
        """Names the present keys, to know a repeat of them."""

    def move(self, what: Input) -> None:
        """Take one step of `TRANSITIONS`."""
        self.state = TRANSITIONS[self.state, what]

    def deadline(self, limits: MddLimits) -> float:
        """When it ends unless something happens."""
        if self.leg is None:
            # A lossy path may need several backed-off retransmissions; somebody who only talks may not stay for good.
            quiet = self.seen_at + limits.half_open_timeout
            return min(quiet, self.opened_at + 4 * limits.half_open_timeout)
        patience = limits.idle_timeout
        if self.leg.said_bye:
            patience = min(patience, limits.bye_timeout)
        return max(self.seen_at, self.leg.last_seen) + patience


class AssociationTable:
    """All associations: by pair of addresses for endpoints, by (tunnel, id) for the KMF."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._by_path: dict[Path, Association] = {}
        self._by_id: dict[tuple[Hashable, bytes], Association] = {}
        self._half_open: dict[Association, None] = {}

    def __len__(self) -> int:
        return len(self._by_path)

    def __iter__(self) -> Iterator[Association]:
        """Over a copy: the loop may close what it visits."""
        return iter(tuple(self._by_path.values()))

    @property
    def half_open(self) -> int:
        """How many have no keys yet."""
        return len(self._half_open)

    def at(self, path: Path) -> Association | None:
        """For a datagram of an endpoint."""
        return self._by_path.get(path)

    def named(self, tunnel_id: Hashable, association_id: bytes) -> Association | None:
        """For a message of the KMF (AMB-19)."""
        return self._by_id.get((tunnel_id, association_id))

    def open(self, path: Path, tunnel_id: Hashable, now: float) -> Association:
        """A new one with a random id that its tunnel has not."""
        association_id = self._new_id()
        while (tunnel_id, association_id) in self._by_id:
            association_id = self._new_id()
        association = Association(association_id, path, tunnel_id, now)
        self._by_path[path] = self._by_id[tunnel_id, association_id] = association
        self._half_open[association] = None
        return association

    def _new_id(self) -> bytes:
        # AMB-27: any 16 octets are legal; random ones have the form that RFC 9185 section 6.4 asks for.
        raw = bytearray(self._random(16))
        raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
        return bytes(raw)

    def keyed(self, association: Association) -> None:
        """It has keys now, so that it is no longer the first to make room."""
        self._half_open.pop(association, None)

    def oldest_half_open(self) -> Association:
        """The one that waits longest for its keys."""
        return next(iter(self._half_open))

    def close(self, association: Association) -> None:
        """Forget it; its addresses and its id are free."""
        self._by_path.pop(association.path, None)
        self._by_id.pop((association.tunnel_id, association.id), None)
        self._half_open.pop(association, None)

    def of_tunnel(self, tunnel_id: Hashable) -> list[Association]:
        """All that live in one tunnel."""
        return [a for a in self._by_path.values() if a.tunnel_id == tunnel_id]

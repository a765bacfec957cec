# SPDX-License-Identifier: GPL-2.0-only
"""A conference at the KMF: who is in it, and which EKT key they share (RFC 8870 section 4.2, RFC 8871 section 4.5.2).

Its key changes on join, leave and expiry, as `Conference` says. Who is allowed in is a list that starts as configured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Protocol

from perc_scapy.crypto.ekt import EKT_CIPHERS, EktParameters
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import LocalError
from perc_scapy.roles.kmf.config import Conference, Member
from perc_scapy.roles.kmf.events import EktKeyCreated, Refusal
from perc_scapy.roles.kmf.output import KmfOutput

SALT_LENGTH = 12
"""Octets of the master salt of AES-GCM, the inner transform of every double profile (RFC 7714 section 12)."""
RENEW_AT = 0.8
"""Part of the time to live after which a successor is given out."""
_STRAGGLERS = 600.0
"""Seconds beyond the TTL that an SPI rests: the last receiver starts its TTL when a retransmission arrives."""


class Place(Protocol):
    """A member's established association, as the conference sees it."""

    @property
    def member(self) -> Member | None: ...

    def send_ekt_key(self, parameters: EktParameters, now: float) -> None: ...


class SpiPool:
    """Hands out 16-bit SPIs in sequence; none twice while a key of that name may be in use."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._alive: deque[float] = deque()

    def take(self, now: float, ttl: float) -> int | None:
        """The next SPI, or None when all 65536 are alive. One pool takes one `ttl`: expiry is in order."""
        while self._alive and self._alive[0] <= now:
            self._alive.popleft()
        if len(self._alive) > 0xFFFF:
            return None
        self._alive.append(now + ttl + _STRAGGLERS)
        spi, self._next = self._next, self._next + 1 & 0xFFFF
        return spi


class ConferenceState:
    """The moving part of one `Conference`."""

    def __init__(
        self, config: Conference, random: Callable[[int], bytes], output: KmfOutput
    ) -> None:
        self.config = config
        self.allowed: dict[str, Member] = {m.fingerprint: m for m in config.members}
        self.places: dict[Place, None] = {}
        self._homes: dict[str | None, dict[Place, None]] = {}
        """The places of each member, by fingerprint: its name or tls-id may have been changed meanwhile."""
        self.tunnels: set[Hashable] = set()
        self.key: EktParameters | None = None
        self.rekey_due = False
        """A member left in this step; one new key serves all who left together."""
        self._random, self._output = random, output
        self._spis = SpiPool(int.from_bytes(random(2), "big"))
        self._created = 0.0

    # -- joining and leaving ------------------------------------------------------------------------------------

    def join(self, place: Place, now: float, *, known: bool) -> None:
        """Give the newcomer the EKT key, a new one by policy. `known`: this member was present until now, or is."""
        others = len(self.places)
        self.places[place] = None
        self._homes.setdefault(_fingerprint(place.member), {})[place] = None
        if self.config.ekt_cipher is None:
            return
        if self.key is None:
            self._new_key("first", now)
        elif not known and self._rekeys_on_join(others, now) and self._new_key("join", now):
            self._distribute(now, first=place)
            return
        self._give(place, now)

    def _rekeys_on_join(self, others: int, now: float) -> bool:
        least = self.config.rekey_on_join
        fresh = now - self._created < self.config.rekey_interval
        return least is not None and others >= least and not fresh

    def leave(self, place: Place, *, rekey: bool = True) -> None:
        """Forget a place. The last one takes the key with it (RFC 8871 section 8.3: destroy keys not needed)."""
        if place not in self.places:
            return
        del self.places[place]
        fingerprint = _fingerprint(place.member)
        home = self._homes[fingerprint]
        del home[place]
        if not home:
            del self._homes[fingerprint]
        if not self.places:
            self.key, self.rekey_due = None, False
        elif rekey and self.config.rekey_on_leave:
            self.rekey_due = True

    def places_of(self, member: Member) -> tuple[Place, ...]:
        """Where a member is present, oldest first."""
        return tuple(self._homes.get(member.fingerprint, ()))

    def settle(self, now: float) -> None:
        """After a step: the re-key that those who left in it made necessary."""
        if self.rekey_due:
            self.rekey_due = False
            self.rekey("leave", now)

    # -- keys ---------------------------------------------------------------------------------------------------

    def rekey(self, reason: str, now: float) -> int | None:
        """New EKT key to everyone present; its SPI, or None without EKT, members or a free SPI."""
        if self.config.ekt_cipher is None or not self.places or not self._new_key(reason, now):
            return None
        self._distribute(now)
        return self.key.spi if self.key else None

    def renewal(self) -> float | None:
        """When a successor of the key is due."""
        return None if self.key is None else self._created + RENEW_AT * self.config.ekt_ttl

    def _new_key(self, reason: str, now: float) -> bool:
        cipher = self.config.ekt_cipher
        if cipher is None:
            raise LocalError("a conference without EKT has no EKT key")
        spi = self._spis.take(now, self.config.ekt_ttl)
        if spi is None:
            self._output.count(Refusal.SPI_EXHAUSTED)
            return False
        key = Key(self._random(EKT_CIPHERS[cipher].key_length))
        salt = Key(self._random(SALT_LENGTH))
        self.key = EktParameters(spi, cipher, key, salt, self.config.ekt_ttl)
        self._created, self.rekey_due = now, False
        self._output.events.append(
            EktKeyCreated(self.config.id, spi, key.id, self.config.ekt_ttl, reason)
        )
        return True

    def _distribute(self, now: float, first: Place | None = None) -> None:
        # New User Joins: the newcomer, then everybody else, without waiting for one another.
        if first is not None:
            self._give(first, now)
        for place in tuple(self.places):
            if place is not first:
                self._give(place, now)

    def _give(self, place: Place, now: float) -> None:
        # A latecomer's copy ends with everybody else's: ekt_ttl is what is left (RFC 8870 5.2.2).
        if self.key is not None:
            left = max(1, int(self._created + self.config.ekt_ttl - now))
            key = self.key if left == self.key.ttl else replace(self.key, ttl=left)
            place.send_ekt_key(key, now)


def _fingerprint(member: Member | None) -> str | None:
    return None if member is None else member.fingerprint

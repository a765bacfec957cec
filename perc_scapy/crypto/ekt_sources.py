# SPDX-License-Identifier: BSD-3-Clause
"""What a receiver remembers of each SSRC: its master keys, the epochs seen, and where replay protection stands.

Bounds: MAX_KEYS keys an SSRC; `limit` SSRCs with their SRTP contexts. A further SSRC puts the one heard longest ago
to sleep: its keys, epochs and highest indices stay, so that nobody can replay its
packets by making us forget it (RFC 8871 section 8.2.2). Sleepers are bounded too, SLEEPERS times as many.
"""

from __future__ import annotations

from hashlib import sha256

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SrtpContext

MAX_KEYS = 8
"""Master keys kept per SSRC, hence the most inner decryptions tried per packet, plus one for a ROC in its field."""
MAX_ANNOUNCED = 4
"""Of these, keys that were only announced; the announcement longest ago goes first."""
SLEEPERS = 8
RETIRED = 16384
"""Proven keys of all SSRCs that fell off their lists and are still known; the one longest ago is forgotten first."""


class ReceivedKey:
    """A master key that an SSRC sent, under the set `spi` as its `epoch`-th."""

    __slots__ = ("context", "epoch", "floor", "master", "proven", "raw", "roc", "spi", "ssrc")

    def __init__(self, ssrc: int, spi: int, epoch: int, master: MasterKey) -> None:
        self.ssrc, self.spi, self.epoch, self.master = ssrc, spi, epoch, master
        self.context: SrtpContext | None = None
        """Inner SRTP context that runs the key, made by whoever opens packets with it."""
        self.floor = -1
        """Highest index of an earlier context; it and all before it count as seen."""
        self.proven = False
        """A packet authenticated under it."""
        self.raw = b""
        """Last accepted full field that carried it, with its ROC."""
        self.roc: int | None = None

    def remember(self, raw: bytes, roc: int | None) -> None:
        """Keep an accepted field, to know its repeat."""
        if raw:
            self.raw, self.roc = raw, roc

    def same_key(self, other: ReceivedKey) -> bool:
        """Same master key under the same set, whatever its epoch."""
        return (self.spi, self.master.key) == (other.spi, other.master.key)

    def sleep(self) -> None:
        """Drop the context, keep what replay protection needs."""
        if self.context is not None:
            last = self.context.last_index(self.ssrc)
            self.floor = self.floor if last is None else max(self.floor, last)
            self.context = None


class Retired:
    """Proven keys that are on no list any more: their packets were seen, so they never come back."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, None] = {}

    @staticmethod
    def _name(key: ReceivedKey) -> bytes:
        place = key.ssrc.to_bytes(4, "big") + key.spi.to_bytes(2, "big")
        return sha256(place + bytes(key.master.key)).digest()[:16]

    def __contains__(self, key: ReceivedKey) -> bool:
        return bool(self._known) and self._name(key) in self._known

    def add(self, key: ReceivedKey) -> None:
        """Remember a key by digest."""
        self._known[self._name(key)] = None
        if len(self._known) > RETIRED:
            del self._known[next(iter(self._known))]


class Source:
    """Keys of one SSRC, newest first, and per SPI the newest key that was proven."""

    __slots__ = ("_retired", "keys", "seen")

    def __init__(self, retired: Retired | None = None) -> None:
        self.keys: list[ReceivedKey] = []
        self.seen: dict[int, ReceivedKey] = {}
        self._retired = Retired() if retired is None else retired

    def accept(self, key: ReceivedKey) -> ReceivedKey | None:
        """The known key that a field repeats, or the new one; None when its epoch, or the key itself, has passed.

        RFC 8870 section 4.1 refuses an equal epoch; yet section 4.6 sends one key in many fields, so an equal epoch
        with an equal key is a repeat, and only with another key a violation. Nothing authenticates the epoch: an MDD
        that gives a known key another one would get a fresh replay list for it, so such a field is left aside.
        """
        for known in (*self.keys, *self.seen.values()):
            if known.same_key(key):
                return known if known.epoch == key.epoch else None
        seen = self.seen.get(key.spi)
        passed = (seen is not None and key.epoch <= seen.epoch) or key in self._retired
        return None if passed else key

    def prove(self, key: ReceivedKey) -> None:
        """A packet authenticated under the key: other keys announced for the same epoch are void."""
        key.proven = True
        seen = self.seen.get(key.spi)
        if seen is None or key.epoch > seen.epoch:
            self.seen[key.spi] = key
        if key not in self.keys:
            self._insert(key)
        name = key.spi, key.epoch
        self.keys = [k for k in self.keys if k is key or (k.spi, k.epoch) != name]

    def expect(self, key: ReceivedKey) -> None:
        """Keep an announced key beside the others: several re-keys may be under way within one hold time."""
        if key in self.keys:
            return
        for surplus in [k for k in self.keys if not k.proven][MAX_ANNOUNCED - 1 :]:
            self.keys.remove(surplus)
        self._insert(key)

    def _insert(self, key: ReceivedKey) -> None:
        self.keys.insert(0, key)
        for surplus in self.keys[MAX_KEYS:]:
            if surplus.proven:
                self._retired.add(surplus)
        del self.keys[MAX_KEYS:]


class Sources:
    """All SSRCs heard: proven ones awake or asleep, and those that so far only announced a key."""

    __slots__ = ("_announced", "_asleep", "_awake", "_limit", "_retired")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._retired = Retired()
        self._awake: dict[int, Source] = {}
        """Ordered by the last packet, longest ago first."""
        self._asleep: dict[int, Source] = {}
        self._announced: dict[int, Source] = {}

    def get(self, ssrc: int) -> Source | None:
        """Source of an SSRC, whatever its standing."""
        return self._awake.get(ssrc) or self._asleep.get(ssrc) or self._announced.get(ssrc)

    def ssrcs(self) -> list[int]:
        """SSRCs with a key under which a packet authenticated; heard longest ago first, sleepers before."""
        return [*self._asleep, *self._awake]

    def heard(self, ssrc: int) -> Source:
        """Source of an SSRC of which a packet authenticated; made, or woken, if need be."""
        source = self._awake.pop(ssrc, None)
        if source is None:
            known = self._announced.pop(ssrc, None) or self._asleep.pop(ssrc, None)
            source = known or Source(self._retired)
            if len(self._awake) >= self._limit:
                self._put_to_sleep(next(iter(self._awake)))
        self._awake[ssrc] = source
        return source

    def announced(self, ssrc: int) -> Source:
        """Source of an SSRC of which a field arrived; at most `limit` are kept on such a word alone."""
        source = self.get(ssrc)
        if source is None:
            if len(self._announced) >= self._limit:
                del self._announced[next(iter(self._announced))]
            source = self._announced[ssrc] = Source(self._retired)
        return source

    def _put_to_sleep(self, ssrc: int) -> None:
        source = self._asleep[ssrc] = self._awake.pop(ssrc)
        for key in (*source.keys, *source.seen.values()):
            key.sleep()
        if len(self._asleep) > SLEEPERS * self._limit:
            del self._asleep[next(iter(self._asleep))]

    def forget_spi(self, spi: int) -> None:
        """The SPI no longer names the set it named: its epochs mean nothing any more."""
        for source in (*self._awake.values(), *self._asleep.values()):  # others have seen none
            source.seen.pop(spi, None)

    def clear(self) -> None:
        """Forget everything."""
        for sources in (self._awake, self._asleep, self._announced):
            sources.clear()
        self._retired = Retired()

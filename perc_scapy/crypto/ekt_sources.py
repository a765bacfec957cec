# SPDX-License-Identifier: BSD-3-Clause
"""What a receiver remembers of each SSRC: its master keys, the epochs seen, and where replay protection stands.

Bounds: MAX_KEYS keys an SSRC; `limit` SSRCs with their SRTP contexts. A further SSRC puts the one heard longest ago
to sleep (an unproven one is dropped): its keys, epochs and highest indices stay, so that nobody can replay its
packets by making us forget it (RFC 8871 section 7.3.2). Sleepers are bounded too, SLEEPERS times as many.
"""

from __future__ import annotations

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SrtpContext

MAX_KEYS = 6
"""Master keys kept per SSRC, hence the most inner decryptions tried per packet, plus one where a field names a ROC."""
SLEEPERS = 8


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
        """Same master key under the same name."""
        mine = self.spi, self.epoch, self.master.key
        return mine == (other.spi, other.epoch, other.master.key)

    def sleep(self) -> None:
        """Drop the context, keep what replay protection needs."""
        if self.context is not None:
            last = self.context.last_index(self.ssrc)
            self.floor = self.floor if last is None else max(self.floor, last)
            self.context = None


class Source:
    """Keys of one SSRC, newest first, and per SPI the newest key that was proven."""

    __slots__ = ("keys", "last_used", "seen")

    def __init__(self) -> None:
        self.keys: list[ReceivedKey] = []
        self.seen: dict[int, ReceivedKey] = {}
        self.last_used = 0.0

    def accept(self, key: ReceivedKey) -> ReceivedKey | None:
        """The known key that a field repeats, or the new one; None when its epoch has passed.

        RFC 8870 section 4.1 refuses an equal epoch; yet section 4.6 sends one key in many fields, so an equal epoch
        with an equal key is a repeat, and only with another key a violation.
        """
        for known in (*self.keys, *self.seen.values()):
            if known.same_key(key):
                return known
        seen = self.seen.get(key.spi)
        return key if seen is None or key.epoch > seen.epoch else None

    def prove(self, key: ReceivedKey) -> None:
        """A packet authenticated under the key: announcements that it overtook are void."""
        key.proven = True
        seen = self.seen.get(key.spi)
        if seen is None or key.epoch > seen.epoch:
            self.seen[key.spi] = key
        if key not in self.keys:
            self._insert(key)
        self.keys = [k for k in self.keys if k.proven or k.spi != key.spi or k.epoch > key.epoch]

    def expect(self, key: ReceivedKey) -> bool:
        """Keep an announced key, one per SSRC; an older announcement of the same set does not displace a newer."""
        if key in self.keys:
            return True
        rivals = [k for k in self.keys if not k.proven]
        if any(k.spi == key.spi and k.epoch >= key.epoch for k in rivals):
            return False
        self.keys = [k for k in self.keys if k.proven]
        self._insert(key)
        return True

    def _insert(self, key: ReceivedKey) -> None:
        self.keys.insert(0, key)
        del self.keys[MAX_KEYS:]


class Sources:
    """All SSRCs heard, awake and asleep."""

    __slots__ = ("_asleep", "_awake", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._awake: dict[int, Source] = {}
        self._asleep: dict[int, Source] = {}

    def get(self, ssrc: int) -> Source | None:
        """Source of an SSRC, awake or asleep."""
        return self._awake.get(ssrc) or self._asleep.get(ssrc)

    def ssrcs(self) -> list[int]:
        """SSRCs with a key under which a packet authenticated."""
        both = (*self._awake.items(), *self._asleep.items())
        return [ssrc for ssrc, source in both if source.seen]

    def touch(self, ssrc: int, now: float) -> Source:
        """Source of an SSRC that was just heard, made or woken if need be."""
        source = self._awake.get(ssrc)
        if source is None:
            if len(self._awake) >= self._limit:
                self._put_to_sleep()
            source = self._asleep.pop(ssrc) if ssrc in self._asleep else Source()
            self._awake[ssrc] = source
        source.last_used = now
        return source

    def _put_to_sleep(self) -> None:
        ssrc = min(self._awake, key=lambda s: (bool(self._awake[s].seen), self._awake[s].last_used))
        source = self._awake.pop(ssrc)
        for key in (*source.keys, *source.seen.values()):
            key.sleep()
        if source.seen:
            self._asleep[ssrc] = source
        if len(self._asleep) > SLEEPERS * self._limit:
            del self._asleep[next(iter(self._asleep))]

    def forget_spi(self, spi: int) -> None:
        """The SPI no longer names the set it named: its epochs mean nothing any more."""
        for source in (*self._awake.values(), *self._asleep.values()):
            source.seen.pop(spi, None)

    def clear(self) -> None:
        """Forget everything."""
        self._awake.clear()
        self._asleep.clear()

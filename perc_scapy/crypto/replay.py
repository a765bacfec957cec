# SPDX-License-Identifier: BSD-3-Clause
"""Packet index estimate and the list of indices already used, for one SSRC in one direction (RFC 3711 3.3.1, 3.3.2)."""

from __future__ import annotations

from typing import Any

MAX_INDEX = (1 << 48) - 1
"""Largest SRTP packet index: 32 bits of ROC, 16 of SEQ."""
MAX_RTCP_INDEX = (1 << 31) - 1
DEFAULT_WINDOW = 128
"""Indices up to the highest that are told apart; RFC 3711 3.3.2 asks for 64 or more."""


class Stream:
    """Index state of one SSRC: the highest index and which of the `window` indices up to it were used.

    A receiver asks `is_new`, authenticates, then calls `mark`; a sender calls both before it encrypts. A packet with
    SEQ `expected` has index `start` + SEQ and follows the highest one: a hot path then sets `expected` to SEQ + 1.
    """

    __slots__ = (
        "_highest",
        "_limit",
        "_mask",
        "_near",
        "_pending_roc",
        "_top",
        "_window",
        "base",
        "expected",
        "front",
        "plan",
        "start",
    )

    def __init__(self, base: int = 0, window: int = DEFAULT_WINDOW) -> None:
        self.base = self.front = base
        """Session salt XOR shifted SSRC: what `transforms` XORs with an index to make the IV. `front` is `base` XOR
        `start`: XOR a SEQ it makes the same."""
        self.start = 0
        """65536 * ROC of the highest index."""
        self.expected = -1
        """SEQ of the next index; never a SEQ (-1, 65536) when the next packet needs an estimate or a new ROC."""
        self._highest = -1  # counts only while `expected` is -1: hot paths do not touch it
        self.plan: tuple[Any, ...] = (None, None, None, None, None, {})
        """Belongs to `hop.relay`: what it prepared for this outgoing stream."""
        # Indices above _top, up to highest, were used without a gap; bit n of _mask: index _top - n was used.
        self._top, self._mask = -1, 0
        self._window = window
        self._limit = (1 << window) - 1
        self._pending_roc = self._near = -1

    @property
    def highest(self) -> int:
        """Highest index marked; -1 before the first."""
        return self.start + self.expected - 1 if self.expected > 0 else self._highest

    def estimate(self, seq: int) -> int:
        """Packet index of a SEQ: the one nearest to the highest index (RFC 3711 appendix A)."""
        if self._pending_roc >= 0:
            return self._pending_roc << 16 | seq
        highest = self.highest
        if highest < 0:
            highest = self._near
            if highest < 0:
                return seq
        roc, last = highest >> 16, highest & 0xFFFF
        if last < 0x8000:
            # ROC 0 has no predecessor; modulo 2^32 would name the last index of the key's life.
            if seq - last > 0x8000 and roc:
                roc -= 1
        elif last - 0x8000 > seq:
            roc += 1
        return roc << 16 | seq

    def is_new(self, index: int) -> bool:
        """False when the index was marked, or lies too far back to know."""
        highest = self.highest
        if index > highest:
            return True
        if index > self._top or highest - index >= self._window:
            return False
        return not self._mask >> (self._top - index) & 1

    def mark(self, index: int) -> None:
        """Record an index; to be called only after `is_new` said yes."""
        highest = self.highest
        if index <= highest:
            self._mask |= 1 << (self._top - index)
            self._settle(highest)
            return
        if index > highest + 1 or highest < 0:
            self._jump(index, highest)
        self._settle(index)

    def _jump(self, index: int, highest: int) -> None:
        run, ahead = highest - self._top, index - highest
        if run >= self._window:
            self._mask, run = self._limit, 0
        self._mask = (self._mask << run | (1 << run) - 1) & self._limit
        # A shift by a distance that a stranger chose would allocate that many bits.
        self._mask = (self._mask << ahead | 1) & self._limit if ahead < self._window else 1
        self._top = index

    def _settle(self, highest: int) -> None:
        """The next packet follows `highest`."""
        self.start = highest & ~0xFFFF
        self.front = self.base ^ self.start
        self.expected, self._pending_roc = (highest & 0xFFFF) + 1, -1

    def set_roc(self, roc: int) -> None:
        """Take `roc` for the next packet instead of an estimate (learnt from EKT or signalling)."""
        self._highest = self.highest
        self._pending_roc, self.expected = roc, -1

    def seed(self, index: int) -> None:
        """Estimate the first packet from this index; nothing is marked or refused by it."""
        self._near = index

    def retire(self) -> int:
        """End the stream; its highest index. Whoever still holds it finds no SEQ that continues it."""
        self._highest = self.highest
        self.expected = -1
        return self._highest

    def refuse_up_to(self, index: int) -> None:
        """Count an index and all before it as used: an earlier context may have seen them."""
        self._top, self._mask = index, self._limit
        self._settle(index)

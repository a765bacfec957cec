# SPDX-License-Identifier: BSD-3-Clause
"""Packet index estimate and the list of indices already used, for one SSRC in one direction (RFC 3711 3.3.1, 3.3.2)."""

from __future__ import annotations

MAX_INDEX = (1 << 48) - 1
"""Largest SRTP packet index: 32 bits of ROC, 16 of SEQ."""
MAX_RTCP_INDEX = (1 << 31) - 1
DEFAULT_WINDOW = 128
"""Indices behind the highest that are still told apart; RFC 3711 3.3.2 asks for 64 or more."""


class Stream:
    """Index state of one SSRC: the highest index and which of the `window` indices up to it were used.

    A receiver asks `is_new`, authenticates, then calls `mark`; a sender calls both before it encrypts.
    """

    __slots__ = ("_limit", "_pending_roc", "_window", "base", "highest", "mask")

    def __init__(self, base: int = 0, window: int = DEFAULT_WINDOW) -> None:
        self.base = base
        """Session salt XOR shifted SSRC: what `transforms` XORs with an index to make the IV."""
        self.highest = -1
        """Highest index marked; -1 before the first."""
        self.mask = 0
        """Bit n: index `highest - n` was used."""
        self._window = window
        self._limit = (1 << window) - 1
        self._pending_roc = -1

    def estimate(self, seq: int) -> int:
        """Packet index of a SEQ: the one nearest to the highest index (RFC 3711 appendix A)."""
        if self._pending_roc >= 0:
            return self._pending_roc << 16 | seq
        highest = self.highest
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
        behind = self.highest - index
        return behind < 0 or (behind < self._window and not self.mask >> behind & 1)

    def mark(self, index: int) -> None:
        """Record an index; to be called only after `is_new` said yes."""
        ahead = index - self.highest
        if ahead <= 0:
            self.mask |= 1 << -ahead
        else:
            # A shift by an attacker's distance would allocate that many bits.
            self.mask = (self.mask << ahead | 1) & self._limit if ahead < self._window else 1
            self.highest = index
        self._pending_roc = -1

    def set_roc(self, roc: int) -> None:
        """Take `roc` for the next packet instead of an estimate (learnt from EKT or signalling)."""
        self._pending_roc = roc

    def resume(self, highest: int, *, used: bool) -> None:
        """Go on from an index; `used` marks it and all before it as seen."""
        self.highest = highest
        self.mask = self._limit if used else 0

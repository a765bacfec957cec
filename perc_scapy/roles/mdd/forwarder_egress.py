# SPDX-License-Identifier: GPL-2.0-only
"""Where the packets of a source go among the outgoing packet indices of one receiver.

All SSRCs toward a receiver share its key, so for each (receiver key, SSRC) an outgoing index is used once, whatever the
source does: restart its SEQ, change its hop key, leave and come back (RFC 7714 section 8.4, RFC 3711 section 9.1).
"""

from __future__ import annotations

from perc_scapy.crypto.srtp import SrtpContext

NEAR_WRAP = 0xC000
"""A first SEQ from here on is moved down: were the packets before the wrap lost, a receiver could not know the ROC."""
STEP_DOWN = 0x8000
LONGEST_STEP = 0x3FFF
"""A step ahead of this size is still well inside the 2^15 that a receiver's ROC estimate can follow."""
GAP = 64
"""Indices left free before a source that starts anew: for its packets that arrive out of order."""


class EgressStream:
    """One SSRC toward one receiver: outgoing index = incoming index + `shift`, for the present source and the last one.

    A source is an ingress context: its indices mean nothing under another one. Which indices are used up is known to
    `egress`, the context that seals, and to nobody else.
    """

    __slots__ = ("_before", "_before_shift", "_egress", "_ssrc", "shift", "source")

    def __init__(self, egress: SrtpContext, ssrc: int) -> None:
        self.source: object | None = None
        self.shift = 0
        self._egress, self._ssrc = egress, ssrc
        # Late packets under a hop key that was just replaced still find their place.
        self._before: object | None = None
        self._before_shift = 0

    def shift_of(self, source: object, index: int, offset: int) -> int:
        """What to add to an incoming index; `offset` is the wanted change of SEQ."""
        if source is self.source:
            return self.shift
        if source is self._before:
            return self._before_shift
        self._before, self._before_shift = self.source, self.shift
        highest = self._egress.last_index(self._ssrc)
        self.source, self.shift = source, place(highest, index + offset) - index
        return self.shift

    def forget_all_but(self, source: object) -> None:
        """Let go of every source but this one: a hop key that was replaced must not outlive its time."""
        if self._before is not source:
            self._before = None
        if self.source is not source:
            self.source = None

    def move(self) -> None:
        """Let the next packet choose its place again (another offset is wanted)."""
        self.source = None


def place(highest: int | None, wanted: int) -> int:
    """Outgoing index for a first packet whose SEQ should become `wanted` modulo 2^16; `highest` is the last one used.

    The first packet ever goes out with ROC 0, since a receiver that joins late knows no other. A later one goes ahead
    of all that went before, with the SEQ it has when that is a short step, else right behind them.
    """
    seq = wanted & 0xFFFF
    if highest is None:
        return seq - STEP_DOWN if seq >= NEAR_WRAP else seq
    step = (seq - highest) & 0xFFFF
    return highest + (step if 0 < step <= LONGEST_STEP else GAP)

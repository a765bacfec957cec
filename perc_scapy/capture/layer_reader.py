# SPDX-License-Identifier: GPL-2.0-only
"""One SRTP layer under one key, for who came late: rollover counters are found by trying, MKIs are cut out."""

from __future__ import annotations

from typing import Literal, NamedTuple

from perc_scapy.crypto.replay import DEFAULT_WINDOW
from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext
from perc_scapy.errors import AuthenticationError, CryptoError, ReplayError

GUESSED_ROCS = 16
"""Rollover counters tried on a stream's first packet: six hours of audio in 20 ms packets."""
STEPS = (1, 2)
"""Rollovers that may have passed in a hole of the capture."""
PATIENCE = 64
"""Packets in a row of one SSRC on which counters are tried; whoever is still wrong then has another key."""
MAX_TRIED = 4096
"""SSRCs whose failures are counted."""


class RocJump(NamedTuple):
    """A packet that opens under another rollover counter than the packets before it let expect."""

    layer: Literal["hop-by-hop", "end-to-end"]
    roc: int
    expected: int

    def __str__(self) -> str:
        return f"the ROC of the {self.layer} layer is {self.roc} where {self.expected} is expected"


class LayerReader:
    """Opens packets cut at their header. `context` runs the key, `roc` is the counter to begin with if it is known."""

    __slots__ = ("_failures", "_open", "_roc", "_tag", "context", "guessed", "mki")

    def __init__(self, context: SrtpContext, *, mki: int = 0, roc: int | None = None) -> None:
        self.context, self.mki, self._roc = context, mki, roc
        self._open = context.open
        self.guessed: tuple[int, int] | None = None
        """ROC of the last packet and the one expected, if it opened only with another one. Whoever reads it resets it.
        """
        self._failures: dict[int, tuple[int, int | None]] = {}
        """By SSRC: packets in a row on which counters were tried, and the highest index then."""
        self._tag = 0 if context.profile.cipher == "aes-gcm" else context.profile.rtp_tag

    def open(self, header: bytes, body: bytes) -> bytes:
        """Payload. Raises `AuthenticationError`, `ReplayError`, `DecodeError`, `CryptoError`."""
        if self.mki:
            body = without_mki(body, self.mki, self._tag)
        try:
            return self._open(header, body)
        except (AuthenticationError, ReplayError) as reason:
            return self._search(header, body, reason)

    def open_rtcp(self, srtcp: bytes) -> bytes:
        """RTCP packet of an SRTCP packet. Raises as `open` does."""
        if self.mki:
            # RFC 7714 section 9.1 puts the MKI behind the index, where RFC 3711 section 3.4 has the tag behind it.
            tag = self.context.profile.rtcp_tag if self._tag else 0
            srtcp = without_mki(srtcp, self.mki, tag)
        return self.context.unprotect_rtcp(srtcp)

    def _search(self, header: bytes, body: bytes, reason: CryptoError) -> bytes:
        """A capture may begin in the middle of a stream, or miss a part of it."""
        seq, ssrc = SEQ_SSRC(header)
        last = self.context.last_index(ssrc)
        failures, then = self._failures.get(ssrc, (0, last))
        failures = failures if then == last else 0
        if failures >= PATIENCE or self._is_recent(reason, seq, ssrc, last):
            raise reason
        expected = self.context.estimate(ssrc, seq) >> 16
        for roc in self._rocs(last):
            try:
                payload = self.context.open(header, body, roc << 16 | seq)
            except CryptoError:
                continue
            if (
                last is not None
            ):  # the first packet of a capture that begins late lets expect nothing
                self.guessed = roc, expected
            return payload
        if ssrc in self._failures or len(self._failures) < MAX_TRIED:
            self._failures[ssrc] = failures + 1, last
        raise reason

    def _is_recent(self, reason: CryptoError, seq: int, ssrc: int, last: int | None) -> bool:
        """A repeat of what is on the replay list; what lies before the list may be of a later rollover instead."""
        if last is None or not isinstance(reason, ReplayError):
            return False
        return last - self.context.estimate(ssrc, seq) < DEFAULT_WINDOW

    def _rocs(self, last: int | None) -> list[int]:
        """What to try; the context itself has tried its estimate."""
        if last is not None:
            return [(last >> 16) + step for step in STEPS]
        if not self._roc:
            return list(range(1, GUESSED_ROCS))
        return [self._roc, self._roc - 1, *range(self._roc + 1, self._roc + GUESSED_ROCS)]


def without_mki(data: bytes, length: int, tag: int) -> bytes:
    """Cut the MKI out, which stands in front of an authentication tag of `tag` octets (RFC 3711 section 3.1)."""
    end = len(data) - tag
    return data[: max(0, end - length)] + data[end:]

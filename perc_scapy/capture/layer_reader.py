# SPDX-License-Identifier: GPL-2.0-only
"""One SRTP layer under one key, for who came late: rollover counters are found by trying, MKIs are cut out."""

from __future__ import annotations

from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext
from perc_scapy.errors import AuthenticationError
from perc_scapy.wire import EktField

GUESSED_ROCS = 16
"""Rollover counters tried on a stream's first packet: six hours of audio in 20 ms packets."""
STEPS = (1, 2)
"""Rollovers that may have passed in a hole of the capture."""
PATIENCE = 64
"""Packets in a row of one SSRC on which counters are tried; whoever is still wrong then has another key."""
MAX_TRIED = 4096
"""SSRCs whose failures are counted."""
SHORT = EktField(b"\0", 0)
"""The short EKT field: every one is the same."""


class LayerReader:
    """Opens packets cut at their header. `context` runs the key, `roc` is the counter to begin with if it is known."""

    __slots__ = ("_failures", "_open", "_roc", "_tag", "context", "mki")

    def __init__(self, context: SrtpContext, *, mki: int = 0, roc: int | None = None) -> None:
        self.context, self.mki, self._roc = context, mki, roc
        self._open = context.open
        self._failures: dict[int, int] = {}
        self._tag = 0 if context.profile.cipher == "aes-gcm" else context.profile.rtp_tag

    def open(self, header: bytes, body: bytes) -> bytes:
        """Payload. Raises `AuthenticationError`, `ReplayError`, `DecodeError`, `CryptoError`."""
        if self.mki:
            body = without_mki(body, self.mki, self._tag)
        try:
            return self._open(header, body)
        except AuthenticationError:
            return self._search(header, body)

    def open_rtcp(self, srtcp: bytes) -> bytes:
        """RTCP packet of an SRTCP packet. Raises as `open` does."""
        if self.mki:
            # RFC 7714 section 9.1 puts the MKI behind the index, where RFC 3711 section 3.4 has the tag behind it.
            tag = self.context.profile.rtcp_tag if self._tag else 0
            srtcp = without_mki(srtcp, self.mki, tag)
        return self.context.unprotect_rtcp(srtcp)

    def _search(self, header: bytes, body: bytes) -> bytes:
        """A capture may begin in the middle of a stream, or miss a part of it."""
        seq, ssrc = SEQ_SSRC(header)
        failures = self._failures.get(ssrc, 0)
        if failures < PATIENCE:
            for roc in self._rocs(self.context.last_index(ssrc)):
                try:
                    payload = self.context.open(header, body, roc << 16 | seq)
                except AuthenticationError:
                    continue
                self._failures.pop(ssrc, None)
                return payload
            if failures or len(self._failures) < MAX_TRIED:
                self._failures[ssrc] = failures + 1
        raise AuthenticationError("SRTP: authentication tag does not verify")

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

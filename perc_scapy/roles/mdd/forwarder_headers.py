# SPDX-License-Identifier: GPL-2.0-only
"""What the MDD writes into RTP headers, and what it reads in RTCP. HOT PATH: `HeaderWriter.write`."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.codes import RtcpType
from perc_scapy.crypto.hop import KEEP, HeaderChange, rewrite
from perc_scapy.roles.mdd.config import RelayPolicy

SHORT_FIELD = b"\0"
"""Short EKT field (RFC 8870 section 4.1)."""
EMPTY_OHB = b"\0"
"""OHB of a packet in which nobody changed anything yet (RFC 8723 section 4)."""


class HeaderWriter:
    """Applies a `RelayPolicy` to packets whose outer layer is open."""

    __slots__ = ("_policy", "_short_way", "plans", "rewrites_all")

    def __init__(self, policy: RelayPolicy) -> None:
        self._policy = policy
        self.rewrites_all = policy.changes_headers
        """Otherwise a packet that keeps its SEQ stays as it is."""
        self._short_way = policy.extension is KEEP
        self.plans: dict[bytes, tuple[bytes, bytes]] = {}
        """By the first two octets of a header: (what becomes of them, what becomes of an empty OHB), for packets of
        double profiles that keep their SEQ; at most 2^16, filled by `write`."""

    def write(
        self, header: bytes, payload: bytes, seq: int | None, double: bool
    ) -> tuple[bytes, bytes]:
        """Header with another SEQ (None keeps it) and what the policy changes, payload with its OHB (RFC 8723 5.2).

        Raises `DecodeError` for a malformed OHB. A plain profile has none: what looks like one is the participant's.
        """
        if not double:
            return self._change(header, EMPTY_OHB, seq)[0], payload
        if seq is None and self._short_way and payload[-1:] == EMPTY_OHB:
            changed, ohb = self._change(header, EMPTY_OHB, None)
            self.plans[header[:2]] = changed[:2], ohb
        return self._change(header, payload, seq)

    def _change(self, header: bytes, payload: bytes, seq: int | None) -> tuple[bytes, bytes]:
        policy = self._policy
        new_pt = policy.payload_types.get(header[1] & 0x7F)
        return rewrite(header, payload, HeaderChange(new_pt, seq, policy.marker, policy.extension))


def leaving(rtcp: bytes) -> Iterator[int]:
    """SSRCs in the BYE packets of a compound RTCP packet (RFC 3550 section 6.6); stops at what does not parse."""
    while len(rtcp) >= 4 and rtcp[0] >> 6 == 2:
        end = 4 * (int.from_bytes(rtcp[2:4], "big") + 1)
        if rtcp[1] == RtcpType.BYE and end <= len(rtcp):
            listed = rtcp[4 : min(end, 4 + 4 * (rtcp[0] & 0x1F))]
            for at in range(0, len(listed) - 3, 4):
                yield int.from_bytes(listed[at : at + 4], "big")
        rtcp = rtcp[end:]

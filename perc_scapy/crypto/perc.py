# SPDX-License-Identifier: BSD-3-Clause
"""Media as a PERC endpoint sends and receives it: double SRTP with an EKT field on every packet (RFC 8871 section 4).

The outer layer runs the hop-by-hop half of the DTLS-SRTP keys; the inner layer the end-to-end master key that its
sender made, with the salt from ekt_key. The two layers keep separate ROCs and replay lists.
"""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.crypto.double import (
    DoublePacket,
    double_profile,
    open_outer,
    protect_double,
    synthetic_packet,
)
from perc_scapy.crypto.ekt_opener import EktOpener
from perc_scapy.crypto.ekt_receiver import EktReceiver
from perc_scapy.crypto.ekt_sender import SHORT_FIELD, EktSender
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext, header_end
from perc_scapy.errors import LocalError
from perc_scapy.wire import Ohb, peel_ekt


class _Layers:
    """What both directions share: the outer context and the single profile of both layers."""

    def __init__(self, profile: int, outer: SrtpContext) -> None:
        self._layer = double_profile(profile).layer
        self.outer = outer

    @property
    def outer(self) -> SrtpContext:
        """Hop-by-hop context. Assigning a new one (new DTLS-SRTP keys) leaves every inner state as it is."""
        return self._outer

    @outer.setter
    def outer(self, context: SrtpContext) -> None:
        if context.profile != self._layer:
            raise LocalError(f"the outer layer runs {self._layer.name}")
        self._outer = context

    def _inner(self, master: MasterKey) -> SrtpContext:
        return SrtpContext(self._layer.code, *master)


class PercSender(_Layers):
    """Protects the RTP and RTCP packets of one endpoint, any number of SSRCs."""

    def __init__(self, profile: int, outer: SrtpContext, ekt: EktSender) -> None:
        super().__init__(profile, outer)
        self.ekt = ekt
        self._lines: dict[int, tuple[MasterKey, SrtpContext]] = {}

    def protect(self, rtp: bytes, now: float, *, repair: bool = False) -> bytes:
        """Double-protected packet with its EKT field. `repair` data gets the outer layer only (RFC 8723 section 7).

        Raises `KeyExhaustedError` when the EKT key may no longer be used, `NonceReuseError`, `DecodeError`.
        """
        if repair:
            return self._outer.protect(rtp) + SHORT_FIELD
        seq, ssrc = SEQ_SSRC(rtp[: header_end(rtp)])
        line = self._lines.get(ssrc)
        # RFC 3711 section 3.3.1: the index goes on over a re-key, so it is taken before the key may change.
        index = line[1].estimate(ssrc, seq) if line else seq
        field = self.ekt.field(ssrc, index >> 16, now)
        return protect_double(self._context(ssrc, now), self._outer, rtp, index) + field

    def protect_rtcp(self, rtcp: bytes) -> bytes:
        """Outer layer only, no EKT field (RFC 8723 section 6, RFC 8870 section 4)."""
        return self._outer.protect_rtcp(rtcp)

    def _context(self, ssrc: int, now: float) -> SrtpContext:
        master = self.ekt.master(now, ssrc)
        line = self._lines.get(ssrc)
        if line is not None and line[0] is master:
            return line[1]
        self._lines[ssrc] = master, self._inner(master)
        return self._lines[ssrc][1]


class PercPacket(NamedTuple):
    """A packet of which both layers authenticated."""

    rtp: bytes
    """Plain RTP packet as its sender made it, without header extension; end-to-end authentic."""
    outer_header: bytes
    """Received header: PT for SDP matching, SEQ for ordering, extension; hop-by-hop authentic only."""
    ohb: Ohb
    spi: int
    epoch: int
    key_id: str
    """Safe name of the end-to-end master key (`Key.id`)."""


class PercReceiver(_Layers):
    """Opens what arrives over one hop, from any number of senders.

    Order: outer layer first, so that a stranger changes nothing and buys no key unwrapping; then the EKT field; then
    the inner layer under each key held for the SSRC (`EktOpener`).
    """

    def __init__(self, profile: int, outer: SrtpContext, ekt: EktReceiver) -> None:
        super().__init__(profile, outer)
        self.ekt = ekt
        self._opener = EktOpener(self._layer, ekt)

    def unprotect(self, wire: bytes, now: float) -> PercPacket:
        """Open an SRTP packet with EKT field.

        Raises `DecodeError` (EKT field, RTP header, OHB), `AuthenticationError`, `UnknownSpiError`, `ReplayError`.
        """
        srtp, field = peel_ekt(wire)
        outer = open_outer(self._outer, srtp)
        packet = synthetic_packet(outer)
        key, payload = self._opener.open(packet, field, now)
        rtp = packet.header + payload
        return PercPacket(rtp, outer.header, packet.ohb, key.spi, key.epoch, key.master.key.id)

    def unprotect_repair(self, wire: bytes) -> DoublePacket:
        """Open repair data: the EKT field is cut off, the outer layer opened (RFC 8723 section 5.3 step 2)."""
        srtp, _field = peel_ekt(wire)
        outer = open_outer(self._outer, srtp)
        return DoublePacket(outer.header + outer.payload, outer.header, Ohb())

    def unprotect_rtcp(self, srtcp: bytes) -> bytes:
        """Outer layer only, no EKT field (RFC 8723 section 6, RFC 8870 section 4)."""
        return self._outer.unprotect_rtcp(srtcp)

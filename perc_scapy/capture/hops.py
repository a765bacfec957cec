# SPDX-License-Identifier: GPL-2.0-only
"""One direction of one hop between endpoint and MDD: opens its SRTP and SRTCP as far as the keys go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.crypto.double import OuterPacket, open_outer
from perc_scapy.crypto.ekt_receiver import EktReceiver
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.perc import PercReceiver
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext, header_end
from perc_scapy.errors import AuthenticationError, CryptoError, DecodeError, ReplayError
from perc_scapy.wire import EktField, Ohb, peel_ekt

GUESSED_ROCS = 16
"""Rollover counters tried on a stream's first packet: six hours of audio in 20 ms packets."""


@dataclass(slots=True)
class OpenedMedia:
    """What the keys at hand make readable of one packet; None is what they do not."""

    ekt: EktField | None = None
    """EKT field at the end of the packet."""
    outer: OuterPacket | None = field(default=None, repr=False)
    """Received header and what the hop-by-hop layer held, once that authenticated."""
    plain: bytes | None = field(default=None, repr=False)
    """RTP packet as its sender made it, or the RTCP packet."""
    ohb: Ohb | None = None
    spi: int | None = None
    epoch: int | None = None
    key_id: str | None = None
    """Safe name of the end-to-end master key."""
    problem: str = ""
    """Why something stayed closed."""
    repeat: bool = False
    """It stayed closed because the same packet was opened before: a duplicate or a replay."""
    late: bool = False
    """Opened with a key that came to this hop later or not at all: no receiver could open it when it came."""

    @property
    def hop_opened(self) -> bool:
        """The hop-by-hop layer authenticated."""
        return self.outer is not None


class HopReader:
    """State of one direction: rollover counters, replay lists, end-to-end keys learned from EKT fields.

    `profile` is what the handshake negotiated, `keys` those of the hop (the outer half of a double). `ekt_keys` are
    the parameter sets to open EKT fields with; None when the association negotiated no EKT.
    """

    def __init__(
        self, profile: int, keys: MasterKey, ekt_keys: Iterable[ReceivedEktKey] | None
    ) -> None:
        self._row: SrtpProfile = SRTP_PROFILES[profile]
        self._has_ekt = ekt_keys is not None
        self._context = SrtpContext(self._row.layer.code, *keys)
        self._receiver = None
        if self._row.is_double and ekt_keys is not None:
            ring = EktReceiver(key_length=self._row.layer.key_length)
            add_all(ring, ekt_keys)
            # A context of its own: opening the outer layer twice must not look like a replay.
            outer = SrtpContext(self._row.layer.code, *keys)
            self._receiver = PercReceiver(self._row.code, outer, ring)

    def rtp(self, wire: bytes, now: float) -> OpenedMedia:
        """Open an SRTP packet. Never raises on untrusted bytes."""
        found = OpenedMedia()
        try:
            srtp = self._peel(wire, found)
            found.outer = outer = self._open_outer(srtp)
            if not self._row.is_double:
                found.plain = outer.header + outer.payload
            else:
                self._inner(wire, now, found)
        except (DecodeError, CryptoError) as error:
            found.problem, found.repeat = str(error), isinstance(error, ReplayError)
        return found

    def rtcp(self, wire: bytes) -> OpenedMedia:
        """Open an SRTCP packet: hop-by-hop only, no EKT field (RFC 8723 section 6)."""
        found = OpenedMedia()
        try:
            found.plain = self._context.unprotect_rtcp(wire)
            found.outer = OuterPacket(found.plain[:8], found.plain[8:])
        except (DecodeError, CryptoError) as error:
            found.problem, found.repeat = str(error), isinstance(error, ReplayError)
        return found

    def _peel(self, wire: bytes, found: OpenedMedia) -> bytes:
        if not self._has_ekt:
            return wire
        srtp, found.ekt = peel_ekt(wire)
        return srtp

    def _open_outer(self, srtp: bytes) -> OuterPacket:
        """A capture may begin in the middle of a stream, where the rollover counter is anybody's guess."""
        try:
            return open_outer(self._context, srtp)
        except AuthenticationError:
            seq, ssrc = SEQ_SSRC(srtp)
            if self._context.last_index(ssrc) is not None:
                raise
            return self._guess_roc(srtp, seq, ssrc)

    def _guess_roc(self, srtp: bytes, seq: int, ssrc: int) -> OuterPacket:
        end = header_end(srtp)
        for roc in range(1, GUESSED_ROCS):
            try:
                payload = self._context.open(srtp[:end], srtp[end:], roc << 16 | seq)
            except AuthenticationError:
                continue
            if self._receiver is not None:
                self._receiver.outer.set_roc(ssrc, roc)
            return OuterPacket(srtp[:end], payload)
        raise AuthenticationError("SRTP: authentication tag does not verify")

    def _inner(self, wire: bytes, now: float, found: OpenedMedia) -> None:
        if self._receiver is None:
            found.problem = "no EKT key"
            return
        packet = self._receiver.unprotect(wire, now)
        found.plain, found.ohb = packet.rtp, packet.ohb
        found.spi, found.epoch, found.key_id = packet.spi, packet.epoch, packet.key_id


def add_all(ring: EktReceiver, ekt_keys: Iterable[ReceivedEktKey]) -> None:
    """Give a receiver every parameter set that it can use."""
    for received in ekt_keys:
        try:
            ring.add_parameters(received.parameters, received.time)
        except (
            CryptoError
        ):  # an SPI used twice, or a set too weak for the profile: nothing to open with
            continue

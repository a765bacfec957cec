# SPDX-License-Identifier: GPL-2.0-only
"""One direction of one hop between endpoint and MDD: opens its SRTP and SRTCP as far as the keys go.

Each layer of a packet is opened once; a packet that continues its stream takes the short way through `rtp`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.ekt_layer import SHORT, EktLayer, KeyInUse
from perc_scapy.capture.layer_reader import LayerReader, RocJump
from perc_scapy.capture.stated_keys import StatedKeys
from perc_scapy.crypto.double import OuterPacket, SyntheticPacket, synthetic_packet
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.errors import AuthenticationError, CryptoError, DecodeError, ReplayError
from perc_scapy.wire import EktField, Ohb, peel_ekt

_NO_OHB = Ohb()
NO_HOP_KEY = "no key of this hop fits"


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
    roc: int | None = None
    """Rollover counter of the hop-by-hop layer, or of the only one; None of SRTCP."""
    inner_roc: int | None = None
    """Rollover counter of the end-to-end layer."""
    jump: RocJump | None = None
    """A rollover counter was not the one to expect."""
    late: bool = False
    """Opened with a key that came to this hop later or not at all: no receiver could open it when it came."""

    @property
    def hop_opened(self) -> bool:
        """The hop-by-hop layer authenticated."""
        return self.outer is not None


class HopReader:
    """State of one direction: rollover counters, replay lists, end-to-end keys learned from EKT fields.

    `profile` is what the handshake negotiated, `keys` those of the hop (the outer half of a double; None: EKT alone
    has them). `ekt_keys` are the parameter sets to open EKT fields with; None when the association negotiated no EKT.
    `inner` holds end-to-end keys that no field brings; `stated` EKT keys that no handshake brought. `mki`: octets of
    a master key identifier in every packet. With `unsure`, packets may or may not end in an EKT field: their
    authentication decides.
    """

    def __init__(
        self,
        profile: int,
        keys: MasterKey | LayerReader | None,
        ekt_keys: Iterable[ReceivedEktKey] | None,
        *,
        inner: StatedKeys | None = None,
        stated: Iterable[EktParameters] = (),
        mki: int = 0,
        unsure: bool = False,
    ) -> None:
        self.row: SrtpProfile = SRTP_PROFILES[profile]
        if isinstance(keys, MasterKey):
            context = SrtpContext.for_reading(self.row.layer.code, *keys)
            # RFC 8870 section 4.1: no MKI where there is EKT.
            keys = LayerReader(context, mki=mki if ekt_keys is None else 0)
        self._layer = keys
        self._ekt = EktLayer(self.row, ekt_keys or (), stated) if ekt_keys is not None else None
        self._inner = inner
        self._unsure, self._with_field = unsure, ekt_keys is not None
        self._double = self.row.is_double

    def rtp(self, wire: bytes, now: float, number: int = 0) -> OpenedMedia:
        """Open an SRTP packet. Never raises on untrusted bytes. HOT PATH."""
        found = OpenedMedia()
        try:
            if self._double:
                self._double_rtp(wire, now, number, found)
            else:
                self._single_rtp(wire, now, found)
        except (DecodeError, CryptoError) as error:
            found.problem, found.repeat = str(error), isinstance(error, ReplayError)
        return found

    def rtcp(self, wire: bytes) -> OpenedMedia:
        """Open an SRTCP packet: hop-by-hop only, no EKT field (RFC 8723 section 6)."""
        found = OpenedMedia()
        try:
            found.plain = self._open_rtcp(wire)
            found.outer = OuterPacket(found.plain[:8], found.plain[8:])
        except (DecodeError, CryptoError) as error:
            found.problem, found.repeat = str(error), isinstance(error, ReplayError)
        return found

    def in_use(self, ssrc: bytes) -> tuple[SrtpContext, KeyInUse] | None:
        """For readers that open the next packet of a double stream themselves: the context of the hop, and the
        end-to-end key of the SSRC's last packet. None unless packets are two AES-GCM layers and a short EKT field.
        """
        layer, ekt = self._layer, self._ekt
        if not (self._double and self._with_field and layer and ekt) or layer.mki:
            return None
        key = ekt.in_use(ssrc)
        return None if key is None else (layer.context, key)

    def _open_rtcp(self, wire: bytes) -> bytes:
        if self._ekt is not None and not self._double:
            try:
                return self._ekt.open_rtcp(wire)
            except AuthenticationError:
                pass
        if self._layer is None:
            raise AuthenticationError(NO_HOP_KEY)
        return self._layer.open_rtcp(wire)

    # -- two layers

    def _double_rtp(self, wire: bytes, now: float, number: int, found: OpenedMedia) -> None:
        found.outer = outer = self._open_outer(wire, found)
        if (self._ekt is None or found.ekt is None) and not self._inner:
            found.problem = "no EKT key"
            return
        packet = synthetic_packet(outer)
        payload = self._open_inner(packet, now, number, found)
        found.plain, found.ohb = packet.header + payload, packet.ohb

    def _open_inner(
        self, packet: SyntheticPacket, now: float, number: int, found: OpenedMedia
    ) -> bytes:
        if self._ekt is not None and found.ekt is not None:
            try:
                key, payload = self._ekt.open(packet, found.ekt, now)
            except CryptoError:
                if not self._inner:
                    raise
            else:
                found.spi, found.epoch, found.key_id = key.spi, key.epoch, key.name
                if key.key.context is not None:
                    found.inner_roc = key.key.context.opened >> 16
                if self._ekt.guessed is not None:
                    found.jump = RocJump("end-to-end", *self._ekt.guessed)
                    self._ekt.guessed = None
                return payload
        assert self._inner is not None
        found.key_id, payload = self._inner.open(packet, number)
        found.inner_roc = self._inner.roc
        if self._inner.guessed is not None:
            found.jump = RocJump("end-to-end", *self._inner.guessed)
        return payload

    def _open_outer(self, wire: bytes, found: OpenedMedia) -> OuterPacket:
        """Cut off the EKT field if there is one, and open the hop-by-hop layer."""
        if not self._unsure:
            return self._open_as(wire, self._with_field, found)
        try:
            return self._open_as(wire, self._with_field, found)
        except (AuthenticationError, DecodeError):
            opened = self._open_as(wire, not self._with_field, found)
            self._with_field = not self._with_field
            return opened

    def _open_as(self, wire: bytes, with_field: bool, found: OpenedMedia) -> OuterPacket:
        found.ekt = None
        if with_field:
            if wire[-1:] == b"\0":
                wire, found.ekt = wire[:-1], SHORT
            else:
                wire, found.ekt = peel_ekt(wire)
        if self._layer is None:
            raise AuthenticationError(NO_HOP_KEY)
        end = header_end(wire)
        header = wire[:end]
        layer = self._layer
        payload = layer.open(header, wire[end:])
        found.roc = layer.context.opened >> 16
        if layer.guessed is not None:
            found.jump, layer.guessed = RocJump("hop-by-hop", *layer.guessed), None
        return OuterPacket(header, payload)

    # -- one layer

    def _single_rtp(self, wire: bytes, now: float, found: OpenedMedia) -> None:
        if self._ekt is not None and self._single_ekt(wire, now, found):
            return
        found.outer = outer = self._open_outer(wire, found)
        found.plain = outer.header + outer.payload

    def _single_ekt(self, wire: bytes, now: float, found: OpenedMedia) -> bool:
        """The key of the only layer came in an EKT field; before the first one it is that of DTLS-SRTP."""
        try:
            srtp, field_ = peel_ekt(wire)
            end = header_end(srtp)
            packet = SyntheticPacket(srtp[:end], srtp[end:], _NO_OHB)
            assert self._ekt is not None
            key, payload = self._ekt.open(packet, field_, now)
        except ReplayError:
            raise
        except (CryptoError, DecodeError):
            return False
        found.ekt, found.outer = field_, OuterPacket(packet.header, payload)
        found.plain = packet.header + payload
        found.spi, found.epoch, found.key_id = key.spi, key.epoch, key.name
        if key.key.context is not None:
            found.roc = key.key.context.opened >> 16
        if self._ekt.guessed is not None:
            found.jump, self._ekt.guessed = RocJump("hop-by-hop", *self._ekt.guessed), None
        return True

# SPDX-License-Identifier: GPL-2.0-only
"""The SRTP layer whose keys come in EKT fields, as a reader of captures opens it (RFC 8870 section 4.3.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.codes import EktMessageType
from perc_scapy.crypto.double import SyntheticPacket
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.ekt_opener import EktOpener
from perc_scapy.crypto.ekt_receiver import EktReceiver
from perc_scapy.crypto.ekt_sources import ReceivedKey
from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.crypto.srtp import SEQ_SSRC
from perc_scapy.errors import AuthenticationError, CryptoError
from perc_scapy.wire import EktField

SHORT = EktField(b"\0", int(EktMessageType.SHORT))
"""The short EKT field: every one is the same."""
_SHORT_TYPE = SHORT.type
MAX_CURRENT = 4096
"""SSRCs whose key in use is remembered for the short way."""


class KeyInUse:
    """The key that opened an SSRC's last packet."""

    __slots__ = ("epoch", "key", "name", "spi")

    def __init__(self, key: ReceivedKey) -> None:
        self.key, self.spi, self.epoch, self.name = key, key.spi, key.epoch, key.master.key.id


class EktLayer:
    """The layer whose keys come in EKT fields."""

    def __init__(
        self,
        row: SrtpProfile,
        received: Iterable[ReceivedEktKey],
        stated: Iterable[EktParameters] = (),
    ) -> None:
        layer = row.layer
        self._ring = EktReceiver(key_length=layer.key_length, salt_length=layer.salt_length)
        add_all(self._ring, received)
        add_stated(self._ring, stated)
        self._opener = EktOpener(layer, self._ring)
        self._current: dict[bytes, KeyInUse] = {}
        self.guessed: tuple[int, int] | None = None
        """As `LayerReader` has it: the same key as before, under a ROC that the SEQ does not let expect."""

    def open(self, packet: SyntheticPacket, field_: EktField, now: float) -> tuple[KeyInUse, bytes]:
        """The key that fits, and the payload. Raises as `EktOpener.open` does. HOT PATH."""
        current = self._current.get(packet.header[8:12])
        if current is not None and (field_.type == _SHORT_TYPE or field_.raw == current.key.raw):
            context = current.key.context
            try:
                if context is not None:
                    return current, context.open(packet.header, packet.body)
            except CryptoError:
                pass
        expected = None if current is None else _expected(current, packet.header)
        key, payload = self._opener.open(packet, field_, now)
        found = self._remember(packet.header[8:12], key)
        if found is current and expected is not None and key.context is not None:
            roc = key.context.opened >> 16
            self.guessed = None if roc == expected else (roc, expected)
        return found, payload

    def in_use(self, ssrc: bytes) -> KeyInUse | None:
        """The key that opened an SSRC's last packet."""
        return self._current.get(ssrc)

    def _remember(self, ssrc: bytes, key: ReceivedKey) -> KeyInUse:
        current = self._current.get(ssrc)
        if current is None or current.key is not key:
            if len(self._current) >= MAX_CURRENT:
                self._current.clear()
            current = self._current[ssrc] = KeyInUse(key)
        return current

    def open_rtcp(self, wire: bytes) -> bytes:
        """SRTCP of a sender whose only layer is keyed by EKT (RFC 8870 section 4). Raises `AuthenticationError`, …"""
        source = self._ring.sources.get(int.from_bytes(wire[4:8], "big"))
        failure: CryptoError = AuthenticationError("SRTCP: no key held for this SSRC")
        for key in source.keys if source else ():
            if key.context is not None:
                try:
                    return key.context.unprotect_rtcp(wire)
                except CryptoError as reason:
                    failure = reason
        raise failure


def _expected(current: KeyInUse, header: bytes) -> int | None:
    """ROC of the next packet under the key in use."""
    seq, ssrc = SEQ_SSRC(header)
    context = current.key.context
    if context is None or context.last_index(ssrc) is None:
        return None
    return context.estimate(ssrc, seq) >> 16


def add_all(ring: EktReceiver, ekt_keys: Iterable[ReceivedEktKey]) -> None:
    """Give a receiver every parameter set that it can use."""
    for received in ekt_keys:
        try:
            ring.add_parameters(received.parameters, received.time)
        except (
            CryptoError
        ):  # an SPI used twice, or a set too weak for the profile: nothing to open with
            continue


def add_stated(ring: EktReceiver, stated: Iterable[EktParameters]) -> None:
    """Sets that somebody states hold for all time; what a handshake brought under the same SPI comes first."""
    known = set(ring.spis(-math.inf))
    for parameters in stated:
        if parameters.spi not in known:
            try:
                ring.add_parameters(parameters, math.inf)
            except CryptoError:
                continue

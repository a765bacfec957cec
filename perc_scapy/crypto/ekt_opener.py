# SPDX-License-Identifier: BSD-3-Clause
"""Opens the layer whose keys come in EKT fields: the end-to-end layer of a double, or the only one (RFC 8870 4.3.2)."""

from __future__ import annotations

from perc_scapy.crypto.double import SyntheticPacket
from perc_scapy.crypto.ekt_receiver import EktCandidate, EktReceiver
from perc_scapy.crypto.ekt_sources import ReceivedKey
from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext
from perc_scapy.errors import AuthenticationError, CryptoError, ReplayError
from perc_scapy.wire import EktField


class EktOpener:
    """Tries each key held for an SSRC, newest first. A key is used up, stored or forgotten only after a packet
    authenticated; one that its field only announces (the packet still runs the old one) is kept beside.
    """

    __slots__ = ("_layer", "ekt")

    def __init__(self, layer: SrtpProfile, ekt: EktReceiver) -> None:
        """`layer`: the single profile that the layer runs."""
        self._layer, self.ekt = layer, ekt

    def open(
        self, packet: SyntheticPacket, field: EktField, now: float
    ) -> tuple[ReceivedKey, bytes]:
        """The key that fits, and the payload. Raises `AuthenticationError`, `UnknownSpiError`, `ReplayError`."""
        seq, ssrc = SEQ_SSRC(packet.header)
        candidates = self.ekt.candidates(ssrc, field, now)
        used, payload = self._try_all(candidates, packet, seq, now)
        self.ekt.commit(used, now)
        return used.key, payload

    def _try_all(
        self, candidates: list[EktCandidate], packet: SyntheticPacket, seq: int, now: float
    ) -> tuple[EktCandidate, bytes]:
        failure: CryptoError = AuthenticationError("PERC: no end-to-end key held for this SSRC")
        for position, candidate in enumerate(candidates):
            try:
                payload = self._open_under(candidate, packet, seq)
            except CryptoError as reason:
                failure = failure if isinstance(failure, ReplayError) else reason
                if position == 0 and candidate.raw and not candidate.key.proven:
                    # The field unwrapped: the sender announces a key that its packets do not use yet.
                    self.ekt.announce(candidate, now)
            else:
                return candidate, payload
        raise failure

    def _open_under(self, candidate: EktCandidate, packet: SyntheticPacket, seq: int) -> bytes:
        key, roc = candidate.key, candidate.roc
        context = key.context or self._make_context(candidate, seq)
        if roc is not None and roc << 16 | seq != context.estimate(key.ssrc, seq):
            # Late joiner, or long silence: the field's ROC is that of this packet (RFC 8870 section 4.3.1).
            try:
                return context.open(packet.header, packet.body, roc << 16 | seq)
            except CryptoError:
                pass  # an old field replayed: the estimate may still be right
        return context.open(packet.header, packet.body)

    def _make_context(self, candidate: EktCandidate, seq: int) -> SrtpContext:
        key = candidate.key
        key.context = context = SrtpContext(self._layer.code, *key.master)
        if key.floor >= 0:
            context.refuse_up_to(key.ssrc, key.floor)
        elif candidate.roc is not None:
            context.seed(key.ssrc, candidate.roc << 16 | seq)
        return context

# SPDX-License-Identifier: BSD-3-Clause
"""The receiving side of EKT: parameter sets, the keys of each SSRC, and which of them to try (RFC 8870 4.3.2)."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.codes import EktMessageType
from perc_scapy.crypto.ekt import EktParameters, EktPlaintext, check_strength, unwrap
from perc_scapy.crypto.ekt_sources import ReceivedKey, Source, Sources
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.errors import AuthenticationError, CryptoError, DecodeError, UnknownSpiError
from perc_scapy.wire import EktField

MAX_PARAMETERS = 32
"""Parameter sets kept; the oldest goes first."""


class EktCandidate(NamedTuple):
    """A key to try on a packet, and what the packet's own field says of it."""

    key: ReceivedKey
    roc: int | None = None
    """ROC in the packet's full field when it carries this key: the inner ROC of this very packet."""
    raw: bytes = b""
    """That field, so that its repeat needs no unwrapping."""

    @property
    def master(self) -> MasterKey:
        """End-to-end master key, with the salt of its parameter set."""
        return self.key.master

    @property
    def spi(self) -> int:
        """Parameter set that brought the key."""
        return self.key.spi

    @property
    def epoch(self) -> int:
        """Keys that its sender had sent before it under that set."""
        return self.key.epoch


class EktReceiver:
    """Keys of every SSRC heard. Nothing is stored before `commit` or `announce`; memory is bounded (see `Sources`)."""

    def __init__(self, *, key_length: int, salt_length: int = 12, max_ssrcs: int = 1024) -> None:
        """`key_length`: octets of an end-to-end master key (the inner half of a double profile)."""
        self._key_length, self._salt_length = key_length, salt_length
        self._sets: dict[int, tuple[EktParameters, float]] = {}
        self.sources = Sources(max_ssrcs)

    def add_parameters(self, parameters: EktParameters, now: float) -> None:
        """Take a parameter set for receiving, until `now` + TTL. A repeat changes nothing, the TTL included.

        `CryptoError` when the SPI names another living set, or the set is too weak or its salt too short.
        """
        check_strength(parameters, self._key_length, self._salt_length)
        known, _end = self._sets.get(parameters.spi, (None, 0.0))
        if known == parameters:
            return
        if self._living(parameters.spi, now):
            raise CryptoError(f"EKT: SPI {parameters.spi} names another parameter set")
        self._forget(parameters.spi)
        self._sets[parameters.spi] = parameters, now + parameters.ttl
        if len(self._sets) > MAX_PARAMETERS:
            self._forget(next(iter(self._sets)))

    def spis(self, now: float) -> list[int]:
        """SPIs that may be used now, oldest first."""
        return [spi for spi in self._sets if self._living(spi, now) is not None]

    def ssrcs(self) -> list[int]:
        """SSRCs whose key is held (RFC 8871 section 4.3)."""
        return self.sources.ssrcs()

    def clear(self) -> None:
        """Forget every EKT key and end-to-end key: we leave the conference (RFC 8871 section 4.3)."""
        self._sets.clear()
        self.sources.clear()

    def candidates(self, ssrc: int, field: EktField, now: float) -> list[EktCandidate]:
        """Keys to try on a packet of `ssrc` that carried `field`, newest first; empty when none is held.

        A full field of another SSRC, or with an epoch already passed, is left aside: the keys held may still fit.
        Raises `UnknownSpiError`, and `AuthenticationError` when the field does not unwrap or its key does not fit.
        """
        source = self.sources.get(ssrc)
        held = [EktCandidate(key) for key in source.keys] if source else []
        if field.type != EktMessageType.FULL:
            return held
        named = self._named(ssrc, field, source, now)
        return held if named is None else [named, *(c for c in held if c.key is not named.key)]

    def commit(self, candidate: EktCandidate, now: float) -> None:
        """The packet authenticated under this key: keep it, and refuse older epochs from now on."""
        key = candidate.key
        source = self.sources.heard(key.ssrc)
        if not (key.proven and key in source.keys):
            source.prove(key)
        key.remember(candidate.raw, candidate.roc)

    def announce(self, candidate: EktCandidate, now: float) -> None:
        """A key that its field announced, while the packet was under another one: keep it beside those held."""
        self.sources.announced(candidate.key.ssrc).expect(candidate.key)
        candidate.key.remember(candidate.raw, candidate.roc)

    def _forget(self, spi: int) -> None:
        if self._sets.pop(spi, None):
            self.sources.forget_spi(spi)

    def _living(self, spi: int, now: float) -> EktParameters | None:
        parameters, end = self._sets.get(spi, (None, 0.0))
        # RFC 8870 section 5.2.2: not for decrypting either, once the TTL is over.
        return parameters if now < end else None

    def _named(
        self, ssrc: int, field: EktField, source: Source | None, now: float
    ) -> EktCandidate | None:
        parameters = self._living(field.spi, now)
        if parameters is None:
            raise UnknownSpiError(f"EKT: no parameter set for SPI {field.spi}")
        for key in source.keys if source else ():
            if key.raw == field.raw:
                return EktCandidate(key, key.roc, field.raw)
        plain = self._unwrapped(parameters, field.ciphertext)
        if plain.ssrc != ssrc:
            return None
        master = MasterKey(plain.key, parameters.salt[: self._salt_length])
        key = ReceivedKey(ssrc, field.spi, field.epoch, master)
        known = source.accept(key) if source else key
        return None if known is None else EktCandidate(known, plain.roc, field.raw)

    def _unwrapped(self, parameters: EktParameters, ciphertext: bytes) -> EktPlaintext:
        try:
            plain = EktPlaintext.decode(unwrap(parameters.key, ciphertext))
        except DecodeError as reason:
            raise AuthenticationError(reason.what) from None
        if len(plain.key) != self._key_length:
            # RFC 8870 section 4.3.2 step 6: EKT processing is aborted and the packet dropped.
            raise AuthenticationError("EKT: master key length does not fit the profile")
        return plain

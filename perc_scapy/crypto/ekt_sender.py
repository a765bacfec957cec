# SPDX-License-Identifier: BSD-3-Clause
"""The sending side of EKT: which master key protects now, and which EKT field goes out (RFC 8870 4.3.1, 4.5, 4.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from perc_scapy.crypto.ekt import EKT_CIPHERS, EktParameters, EktPlaintext, check_strength, wrap
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import CryptoError, KeyExhaustedError, LocalError
from perc_scapy.wire import full_ekt_field

SHORT_FIELD = b"\0"
FULL_FIELDS_OF_A_NEW_KEY = 3
"""Consecutive packets that announce a new key (RFC 8870 section 4.6)."""
_ROUNDING = 1e-6
"""Seconds: 20 ms steps added up as floats fall short of 100 ms by less than this."""


class SenderKey(NamedTuple):
    """A master key of ours and the names it is sent under."""

    master: MasterKey
    spi: int
    epoch: int


class _Line:
    """Schedule of one SSRC."""

    __slots__ = ("active", "announced", "cached", "fulls_left", "last_full", "waiting")

    def __init__(self, key: SenderKey) -> None:
        self.active = key
        self.announced: SenderKey | None = None
        self.waiting: list[tuple[float, SenderKey]] = []
        """(time from which it protects, key): announced, but receivers are given time to learn it."""
        self.fulls_left = 0
        self.last_full = 0.0
        self.cached: tuple[SenderKey, int, bytes] | None = None
        """(key, ROC, full field): the same field again is no new encryption (RFC 8870 section 4.4)."""

    def advance(self, now: float) -> SenderKey:
        """Key that protects packets now."""
        while self.waiting and self.waiting[0][0] <= now:
            self.active = self.waiting.pop(0)[1]
        return self.active

    def announce(self, key: SenderKey, use_from: float) -> None:
        """Begin to send a new key; the first one of the line protects at once."""
        if self.announced is not None:
            self.waiting.append((use_from, key))
        self.announced, self.fulls_left = key, FULL_FIELDS_OF_A_NEW_KEY


class EktSender:
    """One endpoint's master key and its EKT fields, for any number of its own SSRCs.

    `full_interval` and `hold` are seconds: how often a full field repeats, and how long the old key (with the salt
    of its own parameter set) goes on protecting after the new one was first announced on an SSRC.
    """

    _parameters: EktParameters
    _newest: SenderKey

    def __init__(
        self,
        parameters: EktParameters,
        *,
        key_length: int,
        random: Callable[[int], bytes],
        now: float,
        master_key: bytes | None = None,
        full_interval: float = 0.1,
        hold: float = 0.25,
        salt_length: int = 12,
        encryptions: int = 0,
    ) -> None:
        """`key_length`: octets of the end-to-end master key. `encryptions`: what the EKT key has encrypted before.

        `LocalError` for a `master_key` of another length, `CryptoError` for parameters too weak or too short.
        """
        self._key_length, self._salt_length, self._random = key_length, salt_length, random
        self._full_interval, self._hold = full_interval, hold
        self._lines: dict[int, _Line] = {}
        self._install(parameters, now, master_key)
        self.encryptions = encryptions
        """Different full fields encrypted under the current EKT key (RFC 8870 section 4.4 limits them to T)."""

    @property
    def spi(self) -> int:
        """SPI of the parameter set in use for sending."""
        return self._newest.spi

    @property
    def epoch(self) -> int:
        """Keys sent before the newest one under the current EKT key."""
        return self._newest.epoch

    @property
    def expires_at(self) -> float:
        """Time at which the EKT key's TTL ends."""
        return self._expires_at

    def master(self, now: float, ssrc: int | None = None) -> MasterKey:
        """Master key and end-to-end salt that protect packets of `ssrc` now; without `ssrc`: of our first SSRC."""
        line = next(iter(self._lines.values()), None) if ssrc is None else self._lines.get(ssrc)
        return self._newest.master if line is None else line.advance(now).master

    def field(self, ssrc: int, roc: int, now: float) -> bytes:
        """EKT field for the next packet of `ssrc`, whose inner ROC is `roc`.

        Raises `KeyExhaustedError` once the TTL or the number of encryptions is reached (RFC 8870 section 4.3.2).
        """
        if now >= self._expires_at:
            raise KeyExhaustedError("EKT: time to live of the EKT key is over")
        line = self._lines.get(ssrc) or self._lines.setdefault(ssrc, _Line(self._newest))
        if line.announced is not self._newest:
            line.advance(now)
            line.announce(self._newest, now + self._hold)
        if not line.fulls_left and now - line.last_full < self._full_interval - _ROUNDING:
            return SHORT_FIELD
        field = self._full(line, ssrc, roc)
        line.fulls_left, line.last_full = max(line.fulls_left - 1, 0), now
        return field

    def rekey(self, now: float, master_key: bytes | None = None) -> None:
        """New master key under the same EKT key: next epoch. `KeyExhaustedError` after 65535 of them."""
        if self.epoch == 0xFFFF:
            raise KeyExhaustedError("EKT: epochs of this EKT key are used up")
        master = self._make_master(master_key, self._parameters)
        self._newest = SenderKey(master, self.spi, self.epoch + 1)

    def set_parameters(
        self, parameters: EktParameters, now: float, master_key: bytes | None = None
    ) -> None:
        """New EKT key: new master key, epoch 0 (RFC 8870 section 4.5). The set in use, repeated, changes nothing.

        `CryptoError` for another set under the SPI in use, or one too weak or too short.
        """
        if parameters == self._parameters:
            return
        if parameters.spi == self.spi:
            raise CryptoError("EKT: the SPI in use names another parameter set")
        self._install(parameters, now, master_key)

    def _install(self, parameters: EktParameters, now: float, master_key: bytes | None) -> None:
        check_strength(parameters, self._key_length, self._salt_length)
        self._newest = SenderKey(self._make_master(master_key, parameters), parameters.spi, 0)
        self._parameters, self._expires_at = parameters, now + parameters.ttl
        self._limit = EKT_CIPHERS[parameters.cipher].max_encryptions
        self.encryptions = 0

    def _make_master(self, master_key: bytes | None, parameters: EktParameters) -> MasterKey:
        key = self._random(self._key_length) if master_key is None else master_key
        if len(key) != self._key_length:
            raise LocalError(f"an end-to-end master key has {self._key_length} octets here")
        # RFC 8870 section 4.3.2 step 4: a longer salt is cut to its first octets.
        return MasterKey(Key(key), parameters.salt[: self._salt_length])

    def _full(self, line: _Line, ssrc: int, roc: int) -> bytes:
        cached = line.cached
        if cached and cached[0] is self._newest and cached[1] == roc:
            return cached[2]
        if self.encryptions >= self._limit:
            raise KeyExhaustedError("EKT: the EKT key has encrypted as often as it may")
        self.encryptions += 1
        newest = self._newest
        ciphertext = wrap(self._parameters.key, EktPlaintext(newest.master.key, ssrc, roc).encode())
        field = full_ekt_field(ciphertext, newest.spi, newest.epoch)
        line.cached = newest, roc, field
        return field

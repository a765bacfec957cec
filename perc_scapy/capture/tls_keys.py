# SPDX-License-Identifier: GPL-2.0-only
"""Opening the protected records of one direction of a TLS connection, in order and behind gaps.

TLS sends no sequence numbers, so behind lost octets a reader must find them: by trial, as far as so many octets may
have held records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.openers import Opener
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.tls13 import Tls13Protection, Tls13Suite, next_secret
from perc_scapy.dtls.record import Record
from perc_scapy.errors import AuthenticationError, EncodeError

SMALLEST_RECORD = 22
"""Octets of the smallest protected record: header, an octet, a short tag, a nonce of none."""
MAX_SKIP = 4096
"""Records that may be missing in one gap."""
MAX_STRAYS = 8
"""Records in a row that may be unreadable, without a gap, before the place is lost."""
MAX_TRIALS = 200_000
"""Openings tried for one direction that came to nothing."""

EARLY, HANDSHAKE, APPLICATION = 1, 2, 3
"""Places of TLS 1.3 keys, counted as DTLS 1.3 counts epochs (RFC 9147 section 6.1); each KeyUpdate adds one."""


class Place(NamedTuple):
    """Which key, and how many records were sent under it before."""

    epoch: int
    sequence: int


class Found(NamedTuple):
    """What an opened record holds."""

    place: Place
    kind: int
    content: bytes


class Direction(Protocol):
    """Keys of one direction. `missing`: records that may have been lost before this one."""

    def open(self, record: Record, missing: int) -> Found | None:
        """The record at the next place, or at one of those behind it."""

    def advance(self) -> None:
        """The sender has announced its next keys."""


class Gaps:
    """How far the next record may be from the expected place."""

    def __init__(self) -> None:
        self._slack = 0
        self._trials = 0

    def places(self, lost: int) -> int:
        """How many places to try; `lost`: octets missing in front of the record."""
        if lost:
            self._slack = min(MAX_SKIP, self._slack + lost // SMALLEST_RECORD + 1)
        return 0 if self._trials > MAX_TRIALS else self._slack

    def hit(self) -> None:
        self._slack = 0

    def miss(self) -> None:
        """A record that cannot be read counts as one that may be missing."""
        self._trials += self._slack + 1
        self._slack = max(self._slack, min(self._slack + 1, MAX_STRAYS))


class Tls12Direction:
    """TLS 1.1 and 1.2: one key after each ChangeCipherSpec."""

    def __init__(self, opener: Opener | None, from_client: bool, epoch: int) -> None:
        self._opener, self._from_client = opener, from_client
        self._epoch, self._next = epoch, 0

    def open(self, record: Record, missing: int) -> Found | None:
        if self._opener is None:
            return None
        for sequence in range(self._next, self._next + missing + 1):
            content = self._opener.open(record._replace(number=sequence), self._from_client)
            if content is not None:
                self._next = sequence + 1
                return Found(Place(self._epoch, sequence), record.type, content)
        return None

    def advance(self) -> None:
        """Renegotiation: whoever makes this object makes the next one."""
        self._opener = None


class Tls13Direction:
    """TLS 1.3: early data, handshake, application, and a further key with each KeyUpdate."""

    def __init__(self, suite: Tls13Suite, secrets: dict[int, Key]) -> None:
        self._suite, self._secrets = suite, dict(secrets)
        self._protections: dict[int, Tls13Protection | None] = {}
        self._epoch, self._next = min(secrets, default=APPLICATION), 0

    def open(self, record: Record, missing: int) -> Found | None:
        for place in self._candidates(missing):
            protection = self._protection(place.epoch)
            if protection is None:
                continue
            try:
                kind, content = protection.open(place.sequence, record.fragment, record.version)
            except AuthenticationError:
                continue
            self._epoch, self._next = place.epoch, place.sequence + 1
            return Found(place, kind, content)
        return None

    def _candidates(self, missing: int) -> Iterator[Place]:
        """The expected place, places behind it, then those under the next keys whose announcement was not seen."""
        for sequence in range(self._next, self._next + missing + 1):
            yield Place(self._epoch, sequence)
        for epoch in range(self._epoch + 1, APPLICATION + 1):
            for sequence in range(missing + 1):
                yield Place(epoch, sequence)
        if missing and self._epoch >= APPLICATION:
            for sequence in range(missing + 1):
                yield Place(self._epoch + 1, sequence)

    def advance(self) -> None:
        self._epoch, self._next = self._epoch + 1, 0

    def _protection(self, epoch: int) -> Tls13Protection | None:
        if epoch not in self._protections:
            self._protections[epoch] = self._make(self._secret(epoch))
        return self._protections[epoch]

    def _secret(self, epoch: int) -> Key | None:
        if epoch <= APPLICATION or epoch in self._secrets:
            return self._secrets.get(epoch)
        before = self._secrets.get(epoch - 1)
        if before is not None:
            self._secrets[epoch] = next_secret(self._suite, before)
        return self._secrets.get(epoch)

    def _make(self, secret: Key | None) -> Tls13Protection | None:
        try:
            return None if secret is None else Tls13Protection(self._suite, secret)
        except EncodeError:  # a key log with a secret of another length: not this session's
            return None


def traffic_secrets(keylog: KeyLog, client_random: bytes, *, from_client: bool) -> dict[int, Key]:
    """Secrets of one side by their place, as far as the key log has them."""
    side = "CLIENT" if from_client else "SERVER"
    labels = {
        HANDSHAKE: f"{side}_HANDSHAKE_TRAFFIC_SECRET",
        APPLICATION: f"{side}_TRAFFIC_SECRET_0",
    }
    if from_client:
        labels[EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET"
    found = {place: keylog.secret(label, client_random) for place, label in labels.items()}
    return {place: secret for place, secret in found.items() if secret is not None}

# SPDX-License-Identifier: GPL-2.0-only
"""One direction: places, gaps, key changes announced and not announced, and the end of trying."""

from __future__ import annotations

import pytest

from perc_scapy.capture import tls_keys
from perc_scapy.capture.tls_keys import (
    APPLICATION,
    EARLY,
    HANDSHAKE,
    MAX_SKIP,
    MAX_STRAYS,
    Gaps,
    Place,
    Tls12Direction,
    Tls13Direction,
    traffic_secrets,
)
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.tls13 import TLS13_SUITES, next_secret
from perc_scapy.dtls.record import Record
from tests.capture.conversations import keylog_of
from tests.crypto.test_tls13 import sealed

SUITE = TLS13_SUITES[0x1301]
SECRETS = {EARLY: Key(b"e" * 32), HANDSHAKE: Key(b"h" * 32), APPLICATION: Key(b"a" * 32)}
UPDATED = next_secret(SUITE, SECRETS[APPLICATION])


def record(secret: bytes, sequence: int, content: bytes = b"text\x17") -> Record:
    return Record(23, 0x0303, 0, sealed(0x1301, sequence, content, secret))


def test_in_order_under_every_key() -> None:
    side = Tls13Direction(SUITE, SECRETS)
    places = []
    for secret in (*SECRETS.values(), UPDATED):
        places += [side.open(record(secret, n), 0).place for n in range(3)]
        side.advance()
    assert places == [Place(epoch, n) for epoch in range(1, 5) for n in range(3)]


def test_a_key_may_come_unannounced_while_the_handshake_lasts() -> None:
    """The key log may lack the early or handshake secret, so EndOfEarlyData or Finished stay unread."""
    side = Tls13Direction(SUITE, SECRETS)
    assert side.open(record(SECRETS[APPLICATION], 0), 0).place == (APPLICATION, 0)
    assert side.open(record(SECRETS[HANDSHAKE], 0), 0) is None


def test_a_key_update_in_a_gap() -> None:
    side = Tls13Direction(SUITE, SECRETS)
    side.open(record(SECRETS[APPLICATION], 0), 0)
    assert side.open(record(UPDATED, 2), 0) is None
    assert side.open(record(UPDATED, 2), 3).place == (APPLICATION + 1, 2)


def test_places_behind_a_gap() -> None:
    side = Tls13Direction(SUITE, {APPLICATION: SECRETS[APPLICATION]})
    assert side.open(record(SECRETS[APPLICATION], 5), 4) is None
    assert side.open(record(SECRETS[APPLICATION], 5), 5).place == (APPLICATION, 5)
    assert side.open(record(SECRETS[APPLICATION], 5), 9) is None


def test_secrets_of_another_length_open_nothing() -> None:
    side = Tls13Direction(SUITE, {APPLICATION: Key(bytes(48))})
    assert side.open(record(SECRETS[APPLICATION], 0), 2) is None
    assert Tls13Direction(SUITE, {}).open(record(SECRETS[APPLICATION], 0), 2) is None
    assert Tls12Direction(None, True, 1).open(record(SECRETS[APPLICATION], 0), 2) is None


def test_how_far_a_gap_may_reach() -> None:
    gaps = Gaps()
    assert gaps.places(0) == 0
    assert gaps.places(220) == 11
    assert gaps.places(22) == 13
    gaps.hit()
    assert gaps.places(0) == 0
    assert gaps.places(1 << 30) == MAX_SKIP


def test_unreadable_records_widen_the_search_a_little() -> None:
    gaps = Gaps()
    for count in range(1, 20):
        gaps.miss()
        assert gaps.places(0) == min(count, MAX_STRAYS)


def test_trying_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_keys, "MAX_TRIALS", 100)
    gaps = Gaps()
    gaps.places(22 * 60)
    gaps.miss()
    assert gaps.places(0) > 0
    gaps.miss()
    assert gaps.places(22 * 60) == 0


def test_secrets_by_side() -> None:
    names = ["CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"]
    names += [
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_TRAFFIC_SECRET_0",
    ]
    lines = [f"{name} {'00' * 32} {n:064x}" for n, name in enumerate(names, 1)]
    keylog = keylog_of(lines)
    mine = traffic_secrets(keylog, bytes(32), from_client=True)
    theirs = traffic_secrets(keylog, bytes(32), from_client=False)
    assert [mine[place][-1] for place in (EARLY, HANDSHAKE, APPLICATION)] == [1, 2, 3]
    assert [theirs[place][-1] for place in (HANDSHAKE, APPLICATION)] == [4, 5]
    assert traffic_secrets(keylog, b"x" * 32, from_client=True) == {}

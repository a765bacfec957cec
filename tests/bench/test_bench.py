# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks' arithmetic, and that each of them does the work it claims; no speed is asserted here."""

from __future__ import annotations

import pytest

from bench import decode, hop, joins
from bench.measure import Row, compare, cpu_seconds, table
from perc_scapy.dtls import Identity


def test_a_row_holds_rates_and_the_ratio_of_pairs() -> None:
    calls: list[str] = []
    row = compare(
        "x", lambda: calls.append("a"), lambda: calls.append("b"), operations=10, rounds=3
    )
    assert calls == ["a", "b"] * 4  # one warm-up and three rounds, in turn
    assert row.spread[0] <= row.ratio <= row.spread[1]


@pytest.mark.parametrize(("ratio", "word"), [(2.0, "met"), (0.5, "MISSED")])
def test_the_table_says_whether_a_goal_is_met(ratio: float, word: str) -> None:
    text = table([Row("x", 1.0, 1.0, ratio, (ratio, ratio), 1.0)])
    assert word in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_cpu_seconds_counts_work() -> None:
    assert cpu_seconds(lambda: sum(range(200_000))) > 0


def test_the_messages_of_the_decode_benchmark_are_valid() -> None:
    from perc_scapy.layers import DTLSTunnelMessage
    from perc_scapy.layers.compile import decode as strict

    assert strict(DTLSTunnelMessage, decode.EMPTY).type == 0
    assert strict(DTLSTunnelMessage, decode.KEYS).type == 2


def test_the_hop_benchmark_relays_what_libsrtp_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pylibsrtp")
    monkeypatch.setattr(hop, "PACKETS", 3)
    assert [row.name for row in hop.rows()] == ["MDD hop, 160 octets", "MDD hop, 1200 octets"]


def test_the_join_benchmark_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "JOINS", 1)
    kmf, alice = Identity.generate("kmf"), Identity.generate("alice")
    joins.join_loop(kmf, alice)()
    joins.openssl_loop(kmf, alice)()

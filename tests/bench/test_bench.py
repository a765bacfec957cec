# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks' arithmetic, and that each of them does the work it claims; no speed is asserted here."""

from __future__ import annotations

import functools
import os
from typing import Any

import pytest
from pylibsrtp import Policy

from bench import __main__ as command
from bench import decode, floor, hop, joins, machine
from bench.measure import Row, Work, compare, cpu_seconds, table
from perc_scapy.dtls import Identity
from perc_scapy.errors import PercError
from perc_scapy.wire import peel_ohb


def test_rounds_take_turns_and_are_prepared_outside_the_clock() -> None:
    calls: list[str] = []

    def side(name: str) -> Work:
        calls.append("prepare " + name)
        return lambda: calls.append(name)

    row = compare("x", lambda: side("a"), lambda: side("b"), operations=10, rounds=3)
    assert calls[4:] == ["prepare a", "a", "prepare b", "b"] * 3  # behind one warm-up of each
    assert row.spread[0] <= row.ratio <= row.spread[1]


@pytest.mark.parametrize(("ratio", "word"), [(2.0, "met"), (0.5, "MISSED")])
def test_the_table_says_whether_a_goal_is_met(ratio: float, word: str) -> None:
    text = table([Row("x", 1.0, 1.0, ratio, (ratio, ratio), 1.0)])
    assert word in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_cpu_seconds_counts_work() -> None:
    assert cpu_seconds(lambda: sum(range(200_000))) > 0


def test_versions_are_named_and_the_machine_is_not() -> None:
    text = "\n".join(machine.lines())
    assert "cryptography " in text
    assert "OpenSSL " in text
    assert os.uname().nodename not in text
    assert machine.version("no-such-distribution") == "no no-such-distribution"


def test_an_unknown_table_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "kind"), [(decode.EMPTY, 0), (decode.KEYS, 2)], ids=["Empty", "SRTPKeyInformation"]
)
def test_the_messages_of_the_decode_benchmark_are_valid(data: bytes, kind: int) -> None:
    from perc_scapy.layers import DTLSTunnelMessage
    from perc_scapy.layers.compile import decode as strict

    assert strict(DTLSTunnelMessage, data).type == kind
    packet = DTLSTunnelMessage(data)
    assert not packet.faults()
    assert type(packet.dtls_message).__name__ == "DTLS"


def test_the_hop_benchmark_relays_with_an_ohb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hop, "PACKETS", 3)
    monkeypatch.setattr(hop, "RECEIVERS", 2)
    assert [row.name for row in hop.rows()][:2] == ["MDD hop, 160 octets", "MDD hop, 1200 octets"]
    forwarder, leg = hop.conference()
    sent = [forwarder.forward(wire + b"\0", leg, 0.0) for wire in hop.wires(160)]
    assert [len(copies) for copies in sent] == [2, 2, 2, 2]
    assert not forwarder._counters
    session = hop.session(bytes([129] * 16), hop.OUT_SALT, Policy.SSRC_ANY_INBOUND)
    for copies in sent:
        plain = session.unprotect(copies[0][0][:-1])  # the short EKT field comes off first
        assert plain[1] == hop.NEW_PT
        assert peel_ohb(plain)[1].pt == 0


def test_the_join_benchmark_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "JOINS", 2)
    joins.ours()()
    joins.stock()()


def test_a_join_that_does_not_complete_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "JOINS", 1)
    work = joins.ours()
    monkeypatch.setattr(joins, "PROFILE", 0x000A)  # what the MDD lists then is not the conference's
    with pytest.raises(PercError):
        work()


def test_stock_openssl_runs_the_same_handshake_as_we_do() -> None:
    from OpenSSL import SSL

    from perc_scapy.codes import CipherSuite
    from perc_scapy.dtls.config import DEFAULT_SUITES

    ours, theirs, other = (Identity.generate(name) for name in ("server", "client", "other"))
    contexts = joins.context(ours, theirs), joins.context(theirs, ours)
    server, client = (SSL.Connection(context, None) for context in contexts)
    joins.handshake(server, client)
    assert server.get_cipher_name() == client.get_cipher_name() == "ECDHE-ECDSA-AES256-GCM-SHA384"
    assert DEFAULT_SUITES[0] is CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    assert server.get_protocol_version_name() == "DTLSv1.2"
    assert server.get_group_name() == "x25519"
    assert None not in (server.get_peer_certificate(), client.get_peer_certificate())
    with pytest.raises(SSL.Error):
        joins.handshake(
            SSL.Connection(contexts[0], None), SSL.Connection(joins.context(other, ours), None)
        )


def test_the_limits_are_taken_with_real_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for name in ("sign", "X25519Share", "public_key_of", "Prf", "AESGCM"):
        monkeypatch.setattr(floor, name, counted(getattr(floor, name), name, made))
    monkeypatch.setattr(floor, "JOINS", 1)
    floor.join_calls()()
    assert {name: made.count(name) for name in set(made)} == {
        "sign": 2,
        "public_key_of": 2,
        "X25519Share": 2,
        "Prf": 4,
        "AESGCM": 4,
    }


def counted(call: Any, name: str, made: list[str]) -> Any:
    """The same call, noted."""

    @functools.wraps(call, updated=())
    def noted(*args: Any) -> Any:
        made.append(name)
        return call(*args)

    noted.cache_clear = getattr(call, "cache_clear", None)  # type: ignore[attr-defined]
    return noted

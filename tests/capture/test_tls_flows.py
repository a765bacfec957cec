# SPDX-License-Identifier: GPL-2.0-only
"""Connections: which are TLS, whose the client is, ports used again, bounds."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.capture import flow_table, tls_flows
from perc_scapy.capture.dtls_recovery import Trials
from perc_scapy.capture.flow_table import FlowTable
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.tls_flows import TlsFlow
from perc_scapy.pcap.streams import StreamChunk
from tests.capture.openssl_talk import merged
from tests.capture.tables import BOTH_WAYS, CLIENT, SERVER, application
from tests.capture.tls_talk import TLS_1_2, chunks, table_of, tls_talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_client_is_who_says_hello() -> None:
    said = tls_talk()
    ((session, client, server),) = table_of(chunks(said.stream), said.keylog).tls_sessions()
    assert (client, server) == (CLIENT, SERVER)
    assert session.client == CLIENT


def test_the_same_ports_used_again() -> None:
    talks = [tls_talk(), tls_talk(version=TLS_1_2)]
    found = []
    for number, said in enumerate(talks):
        shown = chunks(said.stream)
        found += [replace(c, number=c.number + 100 * number, connection=number) for c in shown]
    table = table_of(found, merged(*(said.keylog for said in talks)))
    sessions = [session for session, _, _ in table.tls_sessions()]
    assert [s.version for s in sessions] == ["TLS 1.3", "TLS 1.2"]
    assert [application(s) for s in sessions] == [BOTH_WAYS] * 2


def other(port: int, data: bytes) -> StreamChunk:
    return StreamChunk(1, 0.0, CLIENT._replace(port=port), SERVER, 0, data)


def test_what_is_not_tls_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_table, "MAX_OTHERS", 10)
    table = FlowTable()
    for port in range(50):
        table.add_chunk(other(port, b"GET / HTTP/1.1\r\n"))
        table.add_chunk(other(port, b"more"))
    assert len(table._tls) == 0
    assert len(table._not_tls) == 10
    assert table.notes(KeyLog()) == []


def test_a_download_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_flows, "MAX_KEPT", 20_000)
    said = tls_talk(messages=[("server", bytes(1000))] * 50)
    table = table_of(chunks(said.stream), said.keylog)
    ((session, _, _),) = table.tls_sessions()
    assert sum(len(seen.record.fragment) for seen in session.records) <= 20_000
    assert "TLS records of a long connection left out" in str(table.notes(said.keylog)[0])


def test_records_before_a_hello_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_flows, "MAX_ORPHANS", 3)
    flow = TlsFlow()
    for _ in range(9):
        flow.add(other(1, b"\x17\x03\x03\x00\x01x"))
    assert len(flow.orphans) == 3
    assert flow.sessions == []


@pytest.mark.parametrize("version", [TLS_1_2, 0x0304])
def test_a_lost_client_hello_is_found_in_the_key_log(version: int) -> None:
    said, strangers = tls_talk(version=version), [tls_talk(version=v) for v in (TLS_1_2, 0x0304)]
    found = [c for c in chunks(said.stream, size=3000) if c.src == SERVER or c.offset]
    found[1] = replace(found[1], lost=100)
    keylog = merged(*(stranger.keylog for stranger in strangers), said.keylog)
    table = table_of(found, keylog)
    ((session, client, server),) = table.tls_sessions()
    assert (client, server) == (CLIENT, SERVER)
    assert session.client_random.hex() in said.lines[-1]
    assert application(session) == BOTH_WAYS
    assert table.notes(keylog)[0].text.startswith("ClientHello not in the capture; the key log's")


def test_trials_of_a_lost_client_hello_end() -> None:
    said = tls_talk()
    flow, keylog = TlsFlow(), KeyLog()
    for chunk in chunks(said.stream, size=3000)[1:]:
        flow.add(chunk)
    keylog.add_text("\n".join(f"CLIENT_RANDOM {n:064x} {n:096x}" for n in range(40)).encode())
    keylog.add_text(said.keylog.to_text())
    trials = Trials(10)
    flow.resolve(keylog, trials)
    assert (flow.sessions, trials.left) == ([], -1)
    flow.resolve(keylog)
    assert len(flow.sessions) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30))
def test_mutated_connections(seed: int) -> None:
    """Octets changed, cut out and lost anywhere: something may stay closed, nothing may raise or appear."""
    said = TALKS[seed % len(TALKS)]
    dice = random.Random(seed)
    found = []
    for chunk in chunks(said.stream, size=300, seed=seed):
        data, lost = bytearray(chunk.data), 0
        for _ in range(dice.choice((0, 0, 0, 1, 3))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        if dice.random() < 0.05:
            del data[: dice.randrange(len(data))]
            lost = dice.choice((0, dice.randrange(1 << dice.randrange(1, 20))))
        found.append(replace(chunk, data=bytes(data), lost=lost))
    table = table_of(found, said.keylog)
    table.notes(said.keylog)
    for session, _, _ in table.tls_sessions():
        for item in application(session):
            assert item in BOTH_WAYS
        session.certificates(from_client=False)
        repr((session.client_hello, session.version, session.suite, session.early_data))


TALKS = [
    tls_talk(),
    tls_talk(version=TLS_1_2),
    tls_talk(b"ECDHE-ECDSA-AES128-SHA", version=TLS_1_2),
]

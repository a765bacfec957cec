# SPDX-License-Identifier: GPL-2.0-only
"""Captures that begin late and ends that move: what can be told by trial, and the budget that trials have."""

from __future__ import annotations

import pytest

from perc_scapy.capture import dtls_recovery
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import HandshakeType
from tests.capture.conversations import observed, recorded, with_ekt
from tests.capture.openssl_talk import merged
from tests.capture.tables import (
    BOTH_WAYS,
    CLIENT,
    NAT,
    SERVER,
    application,
    between,
    table_of,
    texts,
)
from tests.dtls.pairs import ekt_parameters

MOVED = {"client": (NAT, SERVER), "server": (SERVER, NAT)}
ELSEWHERE = {"client": (NAT, CLIENT), "server": (CLIENT, NAT)}


def others(count: int) -> KeyLog:
    keylog = KeyLog()
    lines = [f"CLIENT_RANDOM {n:064x} {n:096x}" for n in range(1, count + 1)]
    keylog.add_text("\n".join(lines).encode())
    return keylog


def late(said):
    """The conversation as a capture that began after the ClientHello shows it."""
    first = observed(said.log).sessions[0].first(HandshakeType.SERVER_HELLO, False).packet
    return said.log[first - 1 :]


def without_hello(said):
    return between(late(said))


@pytest.mark.parametrize("before", [0, 40])
def test_a_lost_client_hello_is_found_in_the_key_log(before: int) -> None:
    said = with_ekt(mtu=200)
    keylog = merged(others(before), said.keylog)
    table = table_of(without_hello(said), keylog)
    ((session, client, server),) = table.sessions()
    assert (client, server) == (CLIENT, SERVER)
    assert session.client_random == next(random for random, _ in said.keylog.masters())
    assert application(session) == BOTH_WAYS
    assert [k.parameters for k in session.ekt_keys()] == [ekt_parameters()]
    assert session.exported_keys() is not None
    assert texts(table, keylog)[0].startswith(
        "ClientHello not in the capture; the key log's CLIENT_RA"
    )


def test_a_lost_client_hello_behind_another_session() -> None:
    """Its records look like the earlier session's, and its ServerHello like a forgery."""
    first, second = recorded("first"), recorded("second")
    keylog = merged(first.keylog, second.keylog)
    table = table_of([*between(first.log), *without_hello(second)], keylog)
    found = [application(session) for session, _, _ in table.sessions()]
    assert found == [BOTH_WAYS, BOTH_WAYS]


def test_without_any_handshake_it_says_so() -> None:
    said = recorded()
    table = table_of(between(said.log[-2:]), said.keylog)
    assert table.sessions() == []
    (text,) = texts(table, said.keylog)
    assert text == f"handshake not in the capture: 2 DTLS records between {CLIENT} and {SERVER}"


def test_trials_end() -> None:
    said = recorded()
    keylog = merged(others(40), said.keylog)
    flow = observed(late(said))
    trials = dtls_recovery.Trials(10)
    assert dtls_recovery.recover(flow, keylog, trials) is False
    assert trials.left == -1
    assert dtls_recovery.recover(flow, keylog, dtls_recovery.Trials(41)) is True


@pytest.mark.parametrize("who", ["client", "server", "both"])
def test_a_session_goes_on_between_other_addresses(who: str) -> None:
    said = recorded()
    tail = said.log[-2:]
    shown = [item for item in tail if who in (item[0], "both")]
    packets = [*between(said.log[:-2]), *between(shown, MOVED)]
    table = table_of(packets, said.keylog)
    ((session, client, server),) = table.sessions()
    assert (client, server) == (CLIENT, SERVER)
    assert application(session) == [
        w for w, item in zip(BOTH_WAYS, tail, strict=True) if item in shown
    ]
    (move,) = session.moves
    assert (move.packet, move.client, move.server) == (len(said.log) - 1, NAT, SERVER)
    (note,) = table.notes(said.keylog)
    assert note.packet == move.packet
    assert note.text.endswith(f"goes on between {NAT} and {SERVER}")


def test_it_may_move_to_where_another_session_was() -> None:
    first, second = recorded("first"), recorded("second")
    packets = [
        *between(first.log[:-2]),
        *between(second.log, MOVED),
        *between(first.log[-2:], MOVED),
    ]
    table = table_of(packets, merged(first.keylog, second.keylog))
    found = [application(session) for session, _, _ in table.sessions()]
    assert found == [BOTH_WAYS, BOTH_WAYS]
    assert [len(session.moves) for session, _, _ in table.sessions()] == [1, 0]


def test_a_stranger_takes_nothing() -> None:
    """Records of another session, sealed with keys that nobody has, stay where they are."""
    known, unknown = recorded("known"), recorded("unknown")
    packets = [*between(known.log), *between(unknown.log[-2:], ELSEWHERE)]
    table = table_of(packets, known.keylog)
    ((session, _, _),) = table.sessions()
    assert application(session) == BOTH_WAYS
    assert session.moves == []
    assert "handshake not in the capture" in texts(table, known.keylog)[0]


def test_many_records_of_a_session_without_its_hello_cost_in_proportion() -> None:
    """All of them look like the earlier session's until the key is found; forged ServerHellos are among them."""
    first, second = recorded("first"), recorded("second")
    for number in range(3000):
        second.client.send_application(b"%d" % number)
    shown = late(second) + [("client", d) for d in second.client.datagrams_to_send(0.0)]
    forged = [
        (who, data[:27] + bytes((n, n)) + data[29:]) for n in range(60) for who, data in shown[:1]
    ]
    packets = [*between(first.log), *between(forged), *between(shown)]
    table = table_of(packets, merged(first.keylog, second.keylog))
    found = [len(application(session)) for session, _, _ in table.sessions()]
    assert found == [2, 3002]

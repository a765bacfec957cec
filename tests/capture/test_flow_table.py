# SPDX-License-Identifier: GPL-2.0-only
"""Flows between addresses: sessions oldest first, resumption across flows, ports used again."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import HandshakeType
from perc_scapy.dtls.record import encode_record
from tests.capture.conversations import keylog_of, observed, recorded
from tests.capture.openssl_talk import DTLS_1_0, context, merged, talk
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
from tests.dtls.pairs import GCM_128

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SUITE = b"ECDHE-ECDSA-AES128-GCM-SHA256"


def test_sessions_with_their_ends_oldest_first() -> None:
    first, second = recorded("first"), recorded("second")
    swapped = {"client": (SERVER, CLIENT), "server": (CLIENT, SERVER)}
    packets = [*between(first.log), *between(second.log, swapped)]
    table = table_of(packets, merged(first.keylog, second.keylog))
    (one, client, server), (two, other_client, _) = table.sessions()
    assert (client, server, other_client) == (CLIENT, SERVER, SERVER)
    assert [application(one), application(two)] == [BOTH_WAYS, BOTH_WAYS]


def test_nothing_to_say_of_what_opens() -> None:
    said = recorded()
    table = table_of(between(said.log), said.keylog)
    assert table.notes(said.keylog) == []
    assert table.malformed == []


def test_the_same_ports_used_again_and_again() -> None:
    talks = [recorded(n, srtp_profiles=(GCM_128,)) for n in range(5)]
    packets = [packet for said in talks for packet in between(said.log)]
    table = table_of(packets, merged(*(said.keylog for said in talks)))
    assert [application(session) for session, _, _ in table.sessions()] == [BOTH_WAYS] * 5
    keys = {session.exported_keys().client.key for session, _, _ in table.sessions()}
    assert len(keys) == 5


def test_a_second_resolve_with_a_fuller_log() -> None:
    said = recorded()
    table = table_of(between(said.log), KeyLog())
    assert application(table.sessions()[0][0]) == []
    table.resolve(said.keylog)
    assert application(table.sessions()[0][0]) == BOTH_WAYS


def resumed_pair(*, tickets: bool):
    """Two sessions of OpenSSL, the second one resumed, and the lines of each."""
    lines: list[str] = []
    ctx = context(SUITE, lines, options=0 if tickets else 1 << 14)
    ctx.set_session_id(b"test")
    first = talk(SUITE, ctx=ctx)
    before = len(lines)
    again = talk(SUITE, ctx=ctx, session=first.client.connection.get_session())
    (session,) = observed(again.log).sessions
    assert session.first(HandshakeType.CERTIFICATE, False) is None, "OpenSSL did not resume"
    return first, again, lines[:before], lines[before:]


@pytest.mark.parametrize("tickets", [True, False])
def test_a_resumed_session_has_a_line_of_its_own(tickets: bool) -> None:
    _, again, _, lines = resumed_pair(tickets=tickets)
    table = table_of(between(again.log), keylog_of(lines))
    ((session, _, _),) = table.sessions()
    assert application(session) == BOTH_WAYS
    assert session.first(HandshakeType.SERVER_HELLO, False) is not None


@pytest.mark.parametrize("tickets", [True, False])
@pytest.mark.parametrize("later", [True, False])
def test_a_resumed_session_without_a_line_of_its_own(tickets: bool, later: bool) -> None:
    """The first session's line is enough, whether by session id or by ticket, and wherever in the capture that is."""
    first, again, lines, _ = resumed_pair(tickets=tickets)
    elsewhere = {"client": (CLIENT._replace(port=1), SERVER), "server": (SERVER, CLIENT._replace(port=1))}  # fmt: skip
    parts = [between(first.log), between(again.log, elsewhere)]
    packets = [packet for part in (reversed(parts) if later else parts) for packet in part]
    keylog = keylog_of(lines)
    table = table_of(packets, keylog)
    assert [application(session) for session, _, _ in table.sessions()] == [BOTH_WAYS] * 2
    assert texts(table, keylog) == []


MUTANTS = [
    recorded("mutants", mtu=200),
    talk(b"ECDHE-ECDSA-AES128-SHA"),
    talk(b"ECDHE-ECDSA-AES128-SHA", version=DTLS_1_0),
]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 30))
def test_mutated_conversations(seed: int) -> None:
    """Octets changed, datagrams cut, lost, repeated, reordered, from other ends: nothing raises, nothing is made up."""
    dice, said = random.Random(seed), MUTANTS[seed % len(MUTANTS)]
    packets = []
    for src, dst, data in between(said.log):
        for _ in range(dice.choice((0, 1, 1, 1, 1, 2))):
            packets.append((src, dst, mutated(dice, data)))
            if dice.random() < 0.1:
                packets[-1] = (NAT if src == CLIENT else src, NAT if dst == CLIENT else dst, data)
    if dice.random() < 0.5:
        dice.shuffle(packets)
    table = table_of(packets, said.keylog)
    table.notes(said.keylog)
    for session, _, _ in table.sessions():
        assert set(application(session)) <= set(BOTH_WAYS)
        session.ekt_keys()
        session.all_exported_keys()
        repr((session.client_hello, session.version, session.suite, session.srtp_profile))


def mutated(dice: random.Random, data: bytes) -> bytes:
    broken = bytearray(data)
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        broken[dice.randrange(len(broken))] = dice.randrange(256)
    return bytes(broken[: dice.randrange(len(broken))] if dice.random() < 0.05 else broken)


def test_floods_of_hellos_and_of_flows_cost_in_proportion() -> None:
    """Every one a session of its own; with a key log full of strangers. Far above a second if anything were squared."""
    said = recorded()
    hello = bytearray(said.log[0][1])
    packets = []
    for number in range(6000):
        hello[27:31] = number.to_bytes(4, "big")
        where = CLIENT if number % 2 else CLIENT._replace(port=number)
        packets.append((where, SERVER, bytes(hello) + encode_record(23, 1 << 48, bytes(30))))
    keylog = merged(said.keylog)
    lines = (f"CLIENT_RANDOM {n:064x} {n:096x}" for n in range(5000))
    keylog.add_text("\n".join(lines).encode())
    table = table_of([*between(said.log), *packets], keylog)
    assert len(table.sessions()) == 6001
    assert application(table.sessions()[0][0]) == BOTH_WAYS

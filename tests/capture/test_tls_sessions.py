# SPDX-License-Identifier: GPL-2.0-only
"""TLS connections of OpenSSL read by a bystander with OpenSSL's key log: suites, segments, gaps, keys that change."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.tls_messages import HELLO_RETRY
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.crypto.fingerprint import fingerprint
from perc_scapy.crypto.tls12_reading import suite_row
from perc_scapy.crypto.tls13 import TLS13_SUITES
from tests.capture.conversations import keylog_of
from tests.capture.openssl_talk import NO_ENCRYPT_THEN_MAC, context
from tests.capture.tables import BOTH_WAYS, application
from tests.capture.test_openssl_suites import HERE, kind_of, openssl_name
from tests.capture.tls_talk import (
    TLS_1_1,
    TLS_1_2,
    TLS_1_3,
    TlsEnd,
    chunks,
    losing,
    pump,
    say,
    session_of,
    tls_talk,
)
from tests.dtls.pairs import identity

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LONG = [(("client", "server")[n % 2], bytes((n,)) * (n * 53 % 900 + 1)) for n in range(40)]
SAID = [(name == "client", data) for name, data in LONG]
GCM = b"ECDHE-ECDSA-AES128-GCM-SHA256"


def assert_all_open(session: TlsSession, said=tuple(BOTH_WAYS)) -> None:
    assert application(session) == list(said)
    assert list(session.protected(opened=False)) == []
    for from_client in (True, False):
        assert session.first(HandshakeType.FINISHED, from_client) is not None


@pytest.mark.parametrize("suite", TLS13_SUITES.values(), ids=lambda suite: suite.name)
def test_every_suite_of_tls_1_3(suite) -> None:
    said = tls_talk(suites13=suite.name.encode())
    session = session_of(chunks(said.stream), said.keylog)
    assert (session.version, session.suite) == ("TLS 1.3", suite.name)
    assert_all_open(session)


@pytest.mark.parametrize("suite", HERE, ids=lambda suite: suite.name)
def test_every_suite_of_tls_1_2(suite) -> None:
    said = tls_talk(openssl_name(suite).encode(), version=TLS_1_2, kind=kind_of(suite))
    session = session_of(chunks(said.stream), said.keylog)
    assert (session.version, session.suite) == ("TLS 1.2", suite.name)
    assert_all_open(session)


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
def test_tls_1_1(options: int) -> None:
    said = tls_talk(b"ECDHE-ECDSA-AES128-SHA", version=TLS_1_1, options=options)
    session = session_of(chunks(said.stream), said.keylog)
    assert session.version == "TLS 1.1"
    assert_all_open(session)
    assert suite_row(0xC009, 0x0301) is None


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("seed", range(4))
def test_segments_of_any_size(version: int, seed: int) -> None:
    said = tls_talk(GCM, version=version, messages=LONG)
    session = session_of(chunks(said.stream, size=(2, 7, 100, 3000)[seed], seed=seed), said.keylog)
    assert_all_open(session, SAID)
    assert not any(o.gap for o in session.contents(ContentType.APPLICATION_DATA))


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_certificates_of_both_ends(version: int) -> None:
    lines: list[str] = []
    ctx = context(GCM, lines, method=SSL.TLS_METHOD, version=version)
    ctx.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    said = tls_talk(ctx=ctx, lines=lines)
    session = session_of(chunks(said.stream), said.keylog)
    shown = {fingerprint(session.certificates(from_client=side)[0]) for side in (True, False)}
    assert shown == {fingerprint(identity("openssl ecdsa").certificate)}


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("cut", range(8, 60, 4))
def test_lost_segments_cost_the_records_that_were_in_them(version: int, cut: int) -> None:
    said = tls_talk(GCM, version=version, messages=LONG)
    found = chunks(said.stream, size=200)
    handshake = next(c.number for c in found if c.offset > 2000)
    lost = {handshake + cut, handshake + cut + 1, handshake + cut + 7}
    session = session_of(losing(found, lost), said.keylog)
    opened = application(session)
    assert list(session.protected(opened=False)) == []
    rest = iter(SAID)
    assert all(item in rest for item in opened)
    assert len(SAID) - 8 <= len(opened) < len(SAID)
    gaps = [o for o in session.contents(ContentType.APPLICATION_DATA) if o.gap]
    assert 1 <= len(gaps) <= 3


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_losses_in_the_handshake(version: int) -> None:
    """Behind the hellos nothing of it is needed: not the certificates, not ChangeCipherSpec, not Finished."""
    said = tls_talk(GCM, version=version, messages=LONG)
    found = chunks(said.stream, size=150)
    flight = next(data for who, data in said.stream if who == "server")
    hello = 5 + int.from_bytes(flight[3:5], "big")
    client_hello = next(c.number for c in found if c.src != found[0].src) - 1
    end = len(chunks(said.stream[: said.handshake], size=150))
    lost = set(range(client_hello + 1 + -(-hello // 150), end + 1))
    assert len(lost) > 5
    session = session_of(losing(found, lost), said.keylog)
    opened = application(session)
    rest = iter(SAID)
    assert all(item in rest for item in opened)
    assert len(opened) > 30


def test_wrong_and_missing_secrets() -> None:
    said = tls_talk(messages=LONG)
    found = chunks(said.stream)
    sealed = session_of(found, KeyLog())
    assert (sealed.has_secret, application(sealed), sealed.mistrusted) == (False, [], False)
    wrong = keylog_of([f"{line.rsplit(' ', 1)[0]} {'ab' * 48}" for line in said.lines])
    session = session_of(found, wrong)
    assert (session.has_secret, application(session), session.mistrusted) == (True, [], True)
    short = keylog_of([f"{line.rsplit(' ', 1)[0]} {'ab' * 32}" for line in said.lines])
    assert application(session_of(found, short)) == []


def test_application_secrets_alone_are_enough_for_application_data() -> None:
    said = tls_talk()
    keylog = keylog_of([line for line in said.lines if "TRAFFIC_SECRET_0" in line])
    session = session_of(chunks(said.stream), keylog)
    assert application(session) == BOTH_WAYS


def test_a_second_resolve_with_a_fuller_log() -> None:
    said = tls_talk(GCM, version=TLS_1_2)
    session = session_of(chunks(said.stream), KeyLog())
    assert application(session) == []
    session.resolve(said.keylog)
    session.resolve(said.keylog)
    assert_all_open(session)


def test_another_client_hello_after_hello_retry_request() -> None:
    lines: list[str] = []
    ctx = context(GCM, lines, method=SSL.TLS_METHOD, version=TLS_1_3)
    picky = context(GCM, lines, method=SSL.TLS_METHOD, version=TLS_1_3)
    picky.set_tmp_ecdh(ec.SECP521R1())
    client, server = TlsEnd(ctx, server=False), TlsEnd(picky, server=True)
    stream = pump(client, server)
    stream += say(client, server, "client", b"from the client")
    stream += say(client, server, "server", b"from the server")
    session = session_of(chunks(stream), keylog_of(lines))
    kinds = [m.type for m in session.messages if not m.epoch]
    assert kinds == [1, 2, 1, 2]
    assert session.server_hello.random != HELLO_RETRY
    assert_all_open(session)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_resumption(version: int) -> None:
    lines: list[str] = []
    ctx = context(GCM, lines, method=SSL.TLS_METHOD, version=version)
    ctx.set_session_id(b"test")
    first = tls_talk(ctx=ctx, lines=lines)
    before = len(lines)
    again = tls_talk(ctx=ctx, lines=lines, session=first.client.connection.get_session())
    session = session_of(chunks(again.stream), keylog_of(lines[before:]))
    assert session.certificates(from_client=False) == (), "OpenSSL did not resume"
    assert_all_open(session)


@pytest.mark.parametrize("tickets", [0, SSL.OP_NO_TICKET])
def test_a_resumed_tls_1_2_session_without_a_line_of_its_own(tickets: int) -> None:
    lines: list[str] = []
    ctx = context(GCM, lines, method=SSL.TLS_METHOD, version=TLS_1_2, options=tickets)
    ctx.set_session_id(b"test")
    first = tls_talk(ctx=ctx, lines=lines)
    keylog = keylog_of(lines)
    again = tls_talk(ctx=ctx, lines=lines, session=first.client.connection.get_session())
    session_of(chunks(first.stream), keylog)
    session = session_of(chunks(again.stream), keylog)
    assert session.certificates(from_client=False) == ()
    assert_all_open(session)


ALLOW_CLIENT_RENEGOTIATION = 1 << 8


def test_renegotiation_of_tls_1_2() -> None:
    """The second handshake passes under the keys of the first, with a client random and a line of its own."""
    lines: list[str] = []
    ctx = context(GCM, lines, method=SSL.TLS_METHOD, version=TLS_1_2, options=ALLOW_CLIENT_RENEGOTIATION)  # fmt: skip
    said = tls_talk(ctx=ctx, lines=lines)
    said.client.connection.renegotiate()
    said.client.established = False
    stream = said.stream + pump(said.client, said.server)
    stream += say(said.client, said.server, "client", b"after")
    lines = list(dict.fromkeys(lines))
    assert len(lines) == 2
    session = session_of(chunks(stream), keylog_of(lines))
    assert_all_open(session, [*BOTH_WAYS, (True, b"after")])
    finished = [m.epoch for m in session.all(HandshakeType.FINISHED, True)]
    assert finished == [1, 2]
    half = session_of(chunks(stream), keylog_of(lines[:1]))
    assert application(half) == BOTH_WAYS
    assert len(list(half.protected(opened=False))) == 3  # both Finished, and what came after


def test_memory_of_hostile_peers_is_bounded_by_what_they_send() -> None:
    said = tls_talk(messages=LONG)
    session = session_of(chunks(said.stream), said.keylog)
    assert sum(len(seen.record.fragment) for seen in session.records) <= sum(
        len(data) for _, data in said.stream
    )

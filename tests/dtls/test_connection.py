# SPDX-License-Identifier: GPL-2.0-only
"""Both ends of the engine together, and the verbs that client and server share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perc_scapy.codes import HandshakeType
from perc_scapy.dtls import (
    ApplicationDataReceived,
    ConnectionClosed,
    DtlsClient,
    DtlsServer,
    EktKeyAcknowledged,
    EktKeyReceived,
    HandshakeCompleted,
    connection,
    fragments,
    outbound,
)
from perc_scapy.dtls.record import REPLAY_WINDOW
from perc_scapy.errors import KeyExhaustedError, LocalError
from tests.dtls.pairs import (
    AESKW_256,
    DOUBLE_256,
    client_config,
    ekt_pair,
    ekt_parameters,
    event,
    events,
    identity,
    pair,
    shuttle,
)


@pytest.mark.req("T00-EP-05", "EKT-22")
def test_handshake_with_ekt():
    client, server = ekt_pair()
    shuttle(client, server)
    at_client, at_server = event(client, HandshakeCompleted), event(server, HandshakeCompleted)
    assert (at_client.srtp_profile, at_client.ekt_cipher) == (DOUBLE_256, AESKW_256)
    assert (at_server.srtp_profile, at_server.ekt_cipher) == (DOUBLE_256, AESKW_256)
    assert at_client.peer_fingerprint == identity("server").fingerprint
    assert at_server.peer_certificates == (identity("client").certificate,)
    assert client.export(b"label", 40) == server.export(b"label", 40)
    assert client.export(b"label", 40, b"") != server.export(b"label", 40)


@pytest.mark.req("EKT-23")
def test_ekt_key_is_delivered_and_acknowledged():
    client, server = ekt_pair()
    shuttle(client, server)
    server.send_ekt_key(ekt_parameters(7))
    shuttle(client, server)
    assert event(client, EktKeyReceived).parameters == ekt_parameters(7)
    assert event(server, EktKeyAcknowledged).spi == 7
    assert server.get_timer() is None


def test_application_data_and_close():
    client, server = pair()
    with pytest.raises(LocalError):
        client.send_application(b"too soon")
    shuttle(client, server)
    client.send_application(bytes(16384))
    with pytest.raises(LocalError):
        client.send_application(bytes(16385))
    shuttle(client, server)
    assert event(server, ApplicationDataReceived).data == bytes(16384)
    server.close(1.0)
    log = shuttle(client, server, 1.0)
    assert [who for who, _ in log] == ["server", "client"]
    assert event(server, ConnectionClosed) == ConnectionClosed("closed", 0, local=True)
    assert events(client)[-1] == ConnectionClosed("close_notify", 0, local=False)


def transcript_of(seed: int) -> list[tuple[str, bytes]]:
    client, server = ekt_pair(seed, external_session_id=b"s" * 20)
    log = shuttle(client, server)
    server.send_ekt_key(ekt_parameters())
    log += shuttle(client, server)
    client.send_application(b"data")
    return log + shuttle(client, server)


@pytest.mark.parametrize("options", [{}, {"groups": (23,)}, {"cipher_suites": (0xCCA9,)}])
def test_same_randomness_same_octets(options):
    """Bit for bit: captures and tests can be made again."""

    def run(seed):
        client, server = pair(seed, **options)
        return shuttle(client, server)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert transcript_of(3) == transcript_of(3)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_every_pair_of_certificate_kinds(kind):
    for other in ("ecdsa", "rsa"):
        client, server = pair(
            client={"identity": identity("client", kind)},
            server={"identity": identity("server", other)},
        )
        shuttle(client, server)
        assert client.established
        assert (
            event(server, HandshakeCompleted).peer_fingerprint
            == identity("client", kind).fingerprint
        )


@pytest.mark.req("DTL-05")
@pytest.mark.parametrize("mtu", [100, 260, 1200])
def test_no_handshake_datagram_exceeds_the_mtu(mtu):
    client, server = ekt_pair(mtu=mtu)
    log = shuttle(client, server)
    server.send_ekt_key(ekt_parameters(salt=256))
    log += shuttle(client, server)
    assert max(len(d) for _, d in log) <= mtu
    assert [type(e) for e in events(server)] == [HandshakeCompleted, EktKeyAcknowledged]


def test_key_log_lines_are_equal_and_come_once():
    lines: list[str] = []
    client, server = pair(keylog=lines.append)
    shuttle(client, server)
    assert len(lines) == 2
    assert lines[0] == lines[1]
    assert lines[0].startswith("CLIENT_RANDOM ")
    assert [len(part) for part in lines[0].split()[1:]] == [64, 96]


@pytest.mark.req("DTL-05")
def test_client_gives_up():
    client, _ = pair(max_retransmissions=3)
    sent = [len(client.datagrams_to_send(0.0))]
    deadlines = []
    while (deadline := client.get_timer()) is not None:
        deadlines.append(deadline)
        client.handle_timer(deadline)
        sent.append(len(client.datagrams_to_send(deadline)))
    assert deadlines == [1.0, 3.0, 7.0, 15.0]
    assert sent == [1, 1, 1, 1, 0]
    assert events(client) == [ConnectionClosed("handshake timeout", None, local=True)]
    assert client.closed


@pytest.mark.req("DTL-05")
def test_half_open_server_gives_up():
    client, server = pair(max_retransmissions=2)
    server.receive_datagram(client.datagrams_to_send(0.0)[0], 5.0)
    while (deadline := server.get_timer()) is not None:
        server.handle_timer(deadline)
    assert deadline is None
    assert events(server) == [ConnectionClosed("handshake timeout", None, local=True)]


def test_timer_called_early_is_harmless():
    client, server = pair()
    client.datagrams_to_send(0.0)
    client.handle_timer(0.9)
    assert client.datagrams_to_send(0.9) == []
    server.handle_timer(100.0)
    assert server.datagrams_to_send(100.0) == []


def test_no_timer_runs_in_an_established_association():
    client, server = ekt_pair()
    shuttle(client, server)
    assert client.get_timer() is None
    assert server.get_timer() is None


def test_export_only_after_completion():
    client, server = pair()
    for engine in (client, server):
        with pytest.raises(LocalError):
            engine.export(b"label", 10)
    shuttle(client, server)
    client.export(b"label", 10)
    client.close(0.0)
    with pytest.raises(LocalError):
        client.export(b"label", 10)


def test_close_during_the_handshake():
    client, server = pair()
    server.receive_datagram(client.datagrams_to_send(0.0)[0], 0.0)
    client.close(0.0, 90)
    (who, alert), *_ = shuttle(client, server)
    assert who == "client"
    assert alert.hex() == "15fefd" + "0000000000000001" + "0002" + "025a"
    assert event(server, ConnectionClosed) == ConnectionClosed(
        "alert: user_canceled", 90, local=False
    )


def test_close_twice_says_it_once():
    client, server = pair()
    shuttle(client, server)
    client.close(0.0)
    client.close(1.0)
    assert len(client.datagrams_to_send(1.0)) == 1
    assert [type(e) for e in events(client)] == [HandshakeCompleted, ConnectionClosed]


def test_unknown_alert_of_a_peer():
    client, server = pair()
    shuttle(client, server)
    server.close(0.0, 200)
    shuttle(client, server)
    assert events(client)[-1] == ConnectionClosed("alert: 200", 200, local=False)


def test_text_shows_state_and_no_secret():
    client, server = pair()
    assert repr(client) == "DtlsClient(WAIT_SERVER_HELLO)"
    shuttle(client, server)
    secret = bytes(client._session.master).hex()
    shown = f"{client!r} {server!r} {client._session!r} {client._reader!r} {client.config!r}"
    assert secret not in shown


def test_a_closed_engine_only_counts():
    client, server = pair()
    shuttle(client, server)
    client.close(0.0)
    server.send_application(b"late")
    before = len(events(client))
    client.receive_datagram(server.datagrams_to_send(0.0)[0], 0.0)
    assert before == 2
    assert events(client) == []
    assert client.counters["datagram_not_expected"] == 1


def test_sequence_numbers_used_up_close_the_association():
    """RFC 6347 4.1: never wrap. The 2**48th record is not written."""
    client, server = ekt_pair()
    shuttle(client, server)
    writer = server._out.writers[1]
    writer._next = (2 << 48) - 1
    with pytest.raises(KeyExhaustedError):
        server.send_application(b"x")


def test_application_data_under_each_suite_and_empty():
    for suite in (0xC02B, 0xC02C, 0xCCA9):
        client, server = pair(cipher_suites=(suite,))
        shuttle(client, server)
        events(server)
        client.send_application(b"")
        client.send_application(b"x" * 1000)
        shuttle(client, server)
        assert events(server) == [
            ApplicationDataReceived(b""),
            ApplicationDataReceived(b"x" * 1000),
        ]


def test_any_message_after_the_handshake():
    client, server = pair()
    with pytest.raises(LocalError):
        server.send_handshake(0, b"")
    shuttle(client, server)
    with pytest.raises(LocalError):
        server.send_handshake(20, bytes(16384))
    server.send_handshake(0, b"")
    shuttle(client, server)
    assert client.counters["renegotiation_refused"] == 1
    assert server.counters["alert_warning"] == 1
    client, server = pair()
    shuttle(client, server)
    server.send_handshake(26, b"never negotiated")
    shuttle(client, server)
    assert events(client)[-1].alert == 10


def test_the_page_shows_the_tables_of_the_code():
    """docs/dtls.md, row by row."""
    page = (Path(__file__).parents[2] / "docs" / "dtls.md").read_text()
    for name, engine in (("client", DtlsClient), ("server", DtlsServer)):
        table = page.split(f"| {name} state |")[1].split("\n\n")[0]
        shown = [tuple(re.findall(r"`(\w+)`", line)) for line in table.splitlines()[2:]]
        coded = [
            (state.name, HandshakeType(kind).name, handler.__name__.lstrip("_"))
            for (state, kind), handler in engine.TRANSITIONS.items()
        ]
        assert shown == coded


def test_the_page_shows_the_bounds_of_the_code():
    page = (Path(__file__).parents[2] / "docs" / "dtls.md").read_text().split("## Bounds")[1]
    rows = [line.split("|")[2] for line in page.split("\n\n")[1].splitlines()[2:]]
    numbers = [tuple(map(int, re.findall(r"\d+", row))) for row in rows]
    retransmissions = client_config(1).max_retransmissions
    assert numbers == [
        (fragments.MAX_MESSAGE,),
        (fragments.MAX_BUFFER,),
        (fragments.MAX_AHEAD,),
        (connection.EARLY_RECORDS, connection.EARLY_OCTETS),
        (REPLAY_WINDOW,),
        (outbound.PROVOKED_LIMIT,),
        (retransmissions, 1, 2, 4, int(client_config(1).max_timeout)),
        (),
    ]

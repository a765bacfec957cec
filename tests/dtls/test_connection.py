# SPDX-License-Identifier: GPL-2.0-only
"""Both ends of the engine together, and the verbs that client and server share."""

from __future__ import annotations

import pytest

from perc_scapy.dtls import (
    ApplicationDataReceived,
    ConnectionClosed,
    EktKeyAcknowledged,
    EktKeyReceived,
    HandshakeCompleted,
)
from perc_scapy.errors import LocalError
from tests.dtls.pairs import (
    AESKW_256,
    DOUBLE_256,
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

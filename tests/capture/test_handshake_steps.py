# SPDX-License-Identifier: GPL-2.0-only
"""What counts as a flight, with and without keys."""

import pytest

from perc_scapy.capture.handshake_steps import (
    client_flight,
    finished,
    hello,
    second_hello,
    server_flight,
    tunnel_steps,
    verify_request,
)
from tests.capture.conversations import observed, recorded


@pytest.mark.req("T00-TUN-02", "SS1-02", "SS1-03")
def test_flights_with_and_without_keys() -> None:
    talk = recorded()
    for flow in (observed(talk.log, talk.keylog), observed(talk.log)):
        (session,) = flow.sessions
        assert hello(session) == 1
        assert server_flight(session) == 2
        assert client_flight(session) == 3
        assert finished(session, from_client=False) == 4
        assert (verify_request(session), second_hello(session)) == (None, None)


@pytest.mark.req("T00-TUN-02", "T00-KMF-08")
def test_a_handshake_without_client_certificate_has_not_these_steps() -> None:
    talk = recorded(server={"request_client_certificate": False})
    (session,) = observed(talk.log, talk.keylog).sessions
    assert server_flight(session) is None
    assert client_flight(session) is None
    assert finished(session, from_client=True) is not None


def test_an_opened_record_that_is_no_finished_is_not_taken_for_one() -> None:
    talk = recorded()
    (session,) = observed(talk.log, talk.keylog).sessions
    session.messages = [m for m in session.messages if m.type != 20]
    assert finished(session, from_client=True) is None


def test_no_tunnel_no_steps_seen() -> None:
    assert [step.seen for step in tunnel_steps(None)] == [False] * 4
    assert hello(None) is None
    assert finished(None, from_client=True) is None

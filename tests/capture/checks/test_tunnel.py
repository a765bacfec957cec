# SPDX-License-Identifier: GPL-2.0-only
"""Rules about the tunnel find what they are for."""

from dataclasses import replace

import pytest

from perc_scapy.capture.checks.tunnel import (
    dtls_is_relayed_unchanged,
    tunnel_carries_messages,
    tunnel_is_authenticated,
)
from tests.capture.checks.broken import two, verdict
from tests.capture.handmade import HandmadeConference, k, three_flows

RULES = (tunnel_is_authenticated, tunnel_carries_messages, dtls_is_relayed_unchanged)


@pytest.mark.req("T00-TUN-02", "T00-TUN-07", "T00-MDD-06", "T00-MDD-07")
@pytest.mark.parametrize("rule", RULES)
def test_a_good_conference(rule) -> None:
    outcome = verdict(rule, three_flows())
    assert outcome.ok, outcome.detail


@pytest.mark.req("T00-TUN-02")
def test_a_tunnel_without_the_mdds_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.capture import handmade

    plain = handmade.server_config
    monkeypatch.setattr(
        handmade,
        "server_config",
        lambda *args, **options: plain(*args, request_client_certificate=False, **options),
    )
    talk = HandmadeConference()
    talk.join("A", k(1))
    outcome = verdict(tunnel_is_authenticated, talk)
    assert (outcome.ok, outcome.detail) == (False, "tunnel 1: the MDD shows no certificate")


def test_no_tunnel_is_no_authenticated_tunnel() -> None:
    talk = two()
    talk.trace = []
    assert verdict(tunnel_is_authenticated, talk).detail == "no tunnel"


@pytest.mark.req("T00-TUN-07")
def test_something_else_in_the_tunnel() -> None:
    talk = two()
    talk.kmf.send_application(b"chatter")
    for data in talk.kmf.datagrams_to_send(talk.now):
        talk.seen(talk.trace[1].src, talk.trace[1].dst, data)
    outcome = verdict(tunnel_carries_messages, talk)
    assert not outcome.ok
    assert f"packet {len(talk.trace)}" in outcome.detail


@pytest.mark.req("T00-MDD-07")
def test_a_datagram_that_the_mdd_changed() -> None:
    talk = two()
    a = talk.people["A"].address
    place = next(n for n, d in enumerate(talk.trace) if d.src == a)
    changed = talk.trace[place].data + b"\x16"
    talk.trace[place] = replace(talk.trace[place], data=changed)
    outcome = verdict(dtls_is_relayed_unchanged, talk)
    assert not outcome.ok
    assert f"packet {place + 2}" in outcome.detail

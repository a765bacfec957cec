# SPDX-License-Identifier: GPL-2.0-only
"""What counts as a flight, with and without keys."""

import pytest

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.handshake_steps import (
    client_flight,
    finished,
    handshake_steps,
    hello,
    second_hello,
    server_flight,
    tunnel_steps,
    verify_request,
)
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.participants import people_of
from perc_scapy.pcap.reader import open_capture
from tests.capture.conversations import observed, recorded
from tests.project.tree import ROOT


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


def golden(name: str) -> Analysis:
    folder = ROOT / "captures" / name
    with open_capture(folder / "trace.pcapng") as capture:
        return analyse(capture, Keyring.of([folder / "secrets.keylog"]))


@pytest.mark.parametrize(
    ("name", "order"), [("rfc9185-tls12", [1, 2, 3, 4]), ("rfc9185-tls13", [1, 2, 4, 3])]
)
def test_a_tunnel_of_rfc_9185(name: str, order: list[int]) -> None:
    """SupportedProfiles once for all, MediaKeys behind the Finished; in TLS 1.3 the server finishes first."""
    analysis = golden(name)
    (tunnel,) = analysis.tunnels
    steps = tunnel_steps(tunnel)
    assert [step.id for step in steps if step.id] == [f"SS1-0{n}" for n in order]
    assert all(step.seen for step in steps)
    packets = [step.packet for step in steps]
    assert packets == sorted(packets)
    assert (steps[-1].message, steps[-1].notes) == (
        "SupportedProfiles",
        ["MDD runs profiles 0009 000a"],
    )
    assert steps[-2].notes == ["tunnel up, both certificates shown"]
    for person in people_of(analysis.associations):
        found = handshake_steps(person, lambda n: f"S{n}")
        assert all(step.seen for step in found)
        texts = [step.message for step in found if step.id]
        assert (texts[1], texts[6]) == ("Tunnel(ClientHello)", "Tunnel(Finished), MediaKeys")
        (stored,) = [note for step in found for note in step.notes if note.startswith("MDD stores")]
        assert person.association.hop_keys().client.key.id in stored


def test_the_kmf_may_open_the_tunnel() -> None:
    tunnel = golden("rfc9185-tls12").tunnels[0]
    tunnel.opened_by = "kmf"
    sides = [(step.src, step.dst) for step in tunnel_steps(tunnel) if step.id]
    assert sides == [("KMF", "MDD"), ("MDD", "KMF"), ("KMF", "MDD"), ("MDD", "KMF")]

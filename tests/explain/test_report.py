# SPDX-License-Identifier: GPL-2.0-only
"""The whole report: nothing to say of what is right, one cause for many packets, and no exception on any octets."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.tunnels import SeenMessage, Tunnel
from perc_scapy.explain import report
from perc_scapy.explain.budget import Budget
from perc_scapy.explain.report import explain, explain_packet
from perc_scapy.explain.search import Outcome
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import RefusedMessage
from tests.explain.forge import CAPTURES, Sender, association, conference, with_packets

CLEAN = ("late-joiner", "session-setup-2", "new-user-joins-aes256", "ohb-all", "roc-wrap", "rtcp")


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_to_explain(name: str) -> None:
    assert [e.cause.text for e in explain(conference(name)) if e.cause.subject != "capture"] == []


def test_many_packets_have_one_cause() -> None:
    wires = []
    for seq in range(60):
        sender = Sender(seq=1000 + seq)
        sender.outer.labels = (0, 5)
        wires.append(sender.packet())
    found = [e for e in explain(with_packets(*wires)) if e.cause.subject == "hop-by-hop layer"]
    assert len(found) == 1
    assert len(found[0].packets) == 60
    assert "SRTCP salt" in found[0].cause.text


def test_one_packet_that_opens() -> None:
    number = conference().media[0].number
    (found,) = explain_packet(conference(), number)
    assert found.cause.kind == "open"
    assert found.packets == [number]


def test_no_report_holds_a_key() -> None:
    sender = Sender()
    sender.outer.pad_left = True
    told = str([e.to_json() for e in explain(with_packets(sender.packet()))])
    secrets = [*association().exported().client, sender.key, *association().hop_keys().server]
    assert not any(bytes(secret).hex() in told for secret in secrets)


@settings(max_examples=25)
@given(st.data())
def test_hostile_packets_are_explained_somehow(data: st.DataObject) -> None:
    wire = bytearray(Sender().packet())
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(wire[: data.draw(st.integers(1, len(wire)))])
    analysis = with_packets(cut)
    for explanation in explain(analysis):
        assert explanation.cause.text


def test_captures_are_where_they_should_be() -> None:
    assert Path(CAPTURES).is_dir()


def test_a_flood_that_nothing_opens_is_searched_within_a_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thirty streams of noise: two packets in depth, then briefly, and the end is told as such."""
    monkeypatch.setattr("perc_scapy.explain.packets.Budget", lambda: Budget(60_000))
    wires = []
    for number in range(60):
        wire = bytearray(Sender(ssrc=0x5000 + number).packet())
        wire[20] ^= 1
        wires.append(bytes(wire))
    found = [e for e in explain(with_packets(*wires)) if e.cause.subject == "hop-by-hop layer"]
    assert sum(len(e.packets) for e in found) == 60
    searched, unsearched = found
    assert "no hypothesis opens it" in searched.cause.text
    assert "not searched" in unsearched.cause.text
    # 2 x 20,000, then 600 each until 60,000 are used up.
    assert len(searched.packets) == 2 + 34


def _in_one_record_each(*contents: bytes) -> Tunnel:
    """A tunnel that saw these messages in one packet."""
    session = DtlsSession("client", bytes(32))
    tunnel = Tunnel(session, "draft00")
    codec = TUNNEL_VERSIONS["draft00"]
    for content in contents:
        try:
            message, fault = codec.decode(content, "mdd"), ""
        except RefusedMessage as refusal:
            message, fault = None, str(refusal)
        tunnel.messages.append(SeenMessage(7, 0.0, "mdd", message, fault, content))
    return tunnel


def test_only_the_refused_message_of_a_packet_is_explained() -> None:
    right = b"\x01\x00" + bytes(range(16)) + bytes(range(16, 32)) + b"\0\0\0"
    analysis = SimpleNamespace(
        tunnels=[_in_one_record_each(right, right * 2, right)], associations=[], media=[], notes=[]
    )
    (found,) = explain(analysis)
    assert "two tunnel messages" in found.cause.text
    assert found.packets == [7]


def test_a_flood_of_refused_messages_is_searched_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched = []

    def counted(content: bytes) -> Outcome:
        searched.append(content)
        return Outcome(None, 1)

    monkeypatch.setattr(report, "explain_tunnel_message", counted)
    flood = [b"\x01\x00" + n.to_bytes(2, "big") for n in range(200)]
    tunnel = _in_one_record_each(*flood, *flood)
    found = explain(SimpleNamespace(tunnels=[tunnel], associations=[], media=[], notes=[]))
    assert sum(len(e.packets) for e in found) == 400
    assert len(searched) == report.SAMPLE


@pytest.mark.parametrize(("kind", "word"), [("rtp", "SRTP"), ("rtcp", "SRTCP")])
def test_streams_are_named_by_what_they_carry(kind: str, word: str) -> None:
    analysis = conference("rtcp")
    media = next(m for m in analysis.media if m.kind == kind)
    (found,) = explain_packet(analysis, media.number)
    ends = f"{media.datagram.src} to {media.datagram.dst}"
    assert found.where == f"{word} of SSRC {media.ssrc:08x}, {ends}"

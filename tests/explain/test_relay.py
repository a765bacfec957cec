# SPDX-License-Identifier: GPL-2.0-only
"""What an MDD changed is told by comparing its two sides, judged on captures with one violation each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.explain.packets import PacketExplainer
from perc_scapy.explain.relay import Relays
from perc_scapy.explain.report import explain
from tests.explain.forge import Sender, conference, with_packets


@pytest.mark.req("DBL-11")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("violation-payload-altered", "the MDD altered the payload"),
        ("violation-timestamp-altered", "timestamp"),
        ("violation-ssrc-altered", "became 0bad0bad"),
        ("violation-ohb-sequence", "its OHB gives back SEQ"),
        ("violation-payload-type-hidden", "its OHB gives back PT 101 where the sender had 100"),
        ("violation-ohb-reserved", "reserved bits of the OHB"),
        ("violation-nonce-reuse", "key and nonce are used twice"),
        ("violation-replay-relayed", "relays a packet again"),
        ("violation-epoch-back", "was announced with epoch"),
        ("violation-ssrc-two-senders", "2 endpoints send SSRC"),
        ("violation-ekt-on-rtcp", "a short EKT field ends the packet"),
        ("violation-full-double-key", "inner halves included"),
        ("violation-ekt-key-unacknowledged", "never acknowledged"),
    ],
)
def test_violations_are_named(name: str, words: str) -> None:
    assert words in "\n".join(e.cause.text for e in explain(conference(name)))


def test_a_right_relay_is_not_blamed() -> None:
    relays = Relays(conference("ohb-all"))
    assert relays.sees_any
    assert all(relays.explain(m) is None for m in conference("ohb-all").media if m.kind == "rtp")


def test_media_of_the_mdd_itself() -> None:
    (found,) = [e for e in explain(conference("mdd-media")) if "SSRC" in e.cause.text]
    assert "it is the MDD's own" in found.cause.text
    assert len(found.packets) == 10


def test_only_the_tunnels_secrets() -> None:
    told = "\n".join(e.cause.text for e in explain(conference("tunnel-secrets-only")))
    assert "this is what the MDD sees" in told


def _relayed_frame(*, both: bool) -> str | None:
    """Two packets of one video frame come out of the MDD; the capture may lack the second one in front of it."""
    packets = [(Sender(seq=1000), Sender(seq=1000, to_endpoint=True)),
               (Sender(seq=1001), Sender(seq=1001, to_endpoint=True))]  # fmt: skip
    wires = [(0, packets[0][0]), (1, packets[0][1]), (1, packets[1][1])]
    if both:
        wires.insert(1, (0, packets[1][0]))
    altered = bytearray(b"".join([packets[1][1].inside(packets[1][1].header())]))
    altered[-1] ^= 1
    octets = [
        (side, s.packet(inside=bytes(altered)) if s is packets[1][1] else s.packet())
        for side, s in wires
    ]
    return _explained_last(octets)


def _explained_last(octets: list[tuple[int, bytes]]) -> str | None:
    ingress = with_packets(*(wire for side, wire in octets if not side))
    egress = with_packets(*(wire for side, wire in octets if side), to_endpoint=True)
    shift = ingress.datagrams[-1].number - egress.datagrams[0].number + 1
    known = len(conference().datagrams)
    late = [replace(d, number=d.number + shift + known) for d in egress.datagrams[known:]]
    analysis = Analysis([*ingress.datagrams, *late], ingress.keylog)
    cause = Relays(analysis).explain(analysis.media[-1])
    return None if cause is None else cause.text


def test_an_altered_packet_of_a_frame() -> None:
    text = _relayed_frame(both=True)
    assert text is not None
    assert "altered the payload" in text


def test_a_packet_that_the_capture_lacks_in_front_of_the_mdd_blames_nobody() -> None:
    assert _relayed_frame(both=False) is None


def test_an_endpoint_that_uses_an_index_again_is_not_the_mdds_fault() -> None:
    first, second = Sender(), Sender(seq=1001)
    inside = first.inside(first.header(1000))
    again = second.packet(
        second.header(1001), ohb=(1000).to_bytes(2, "big") + b"\x01", inside=inside
    )
    analysis = with_packets(first.packet(), again)
    text = PacketExplainer(analysis).explain(analysis.media[-1]).text
    assert "its sender uses an index again" in text
    assert "MDD" not in text

# SPDX-License-Identifier: GPL-2.0-only
"""Streams are told apart by hop, direction, kind and SSRC."""

from __future__ import annotations

from perc_scapy.explain.traffic import Traffic, stream_of
from tests.explain.forge import conference


def test_streams_are_all_packets_each_once() -> None:
    media = conference().media
    traffic = Traffic(media)
    streams = {stream_of(m): traffic.stream(m) for m in media}
    assert sorted(m.number for s in streams.values() for m in s) == [m.number for m in media]
    for packets in streams.values():
        first = packets[0]
        assert [m.number for m in packets] == sorted(m.number for m in packets)
        assert all(
            (m.kind, m.ssrc, m.from_endpoint) == (first.kind, first.ssrc, first.from_endpoint)
            and m.association is first.association
            for m in packets
        )


def test_senders() -> None:
    two = conference("violation-ssrc-two-senders")
    counts = {m.ssrc: Traffic(two.media).senders(m.ssrc) for m in two.media if m.kind == "rtp"}
    assert 2 in counts.values()
    right = conference()
    assert {Traffic(right.media).senders(m.ssrc) for m in right.media if m.kind == "rtp"} == {1}
    assert Traffic([]).senders(1) == 0
    assert Traffic([]).stream(right.media[0]) == []

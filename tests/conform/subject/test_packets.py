# SPDX-License-Identifier: GPL-2.0-only
"""RTP packets as judges see them: what the MDD made of which, streams, strangers."""

from __future__ import annotations

from collections import Counter as Tally

import pytest

from perc_scapy.conform.subject import Subject
from perc_scapy.conform.subject.packets import Counter, srtp_of
from tests.conform.planted import PLANTED
from tests.conform.rules.cases import rewriting
from tests.conform.stage import conference


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(conference("AB", 10).analysis())


def test_every_relayed_packet_is_found_at_both_hops(subject: Subject) -> None:
    pairs = subject.packets.relayed
    assert len(pairs) == 20
    for source, out in pairs:
        assert source.m.from_endpoint
        assert not out.m.from_endpoint
        assert source.body == out.body
        assert source.number < out.number


def test_rewritten_headers_do_not_hide_what_was_relayed() -> None:
    packets = Subject(rewriting().analysis()).packets
    assert len(packets.relayed) == 12
    for source, out in packets.relayed:
        assert out.seq != source.seq
        assert out.pt == 99
        assert out.marker
        assert out.original_seq == source.seq
        assert out.original[1:4] == source.header[1:4]


def test_streams_and_sources(subject: Subject) -> None:
    kinds = Tally(stream.from_endpoint for stream in subject.packets.streams)
    assert kinds == {True: 2, False: 2}
    assert [stream.from_endpoint for stream in subject.packets.sources] == [True, True]
    for stream in subject.packets.streams:
        assert [h.seq for h in stream.packets] == list(range(101, 111))


def test_a_source_without_its_own_link_is_taken_from_a_listener() -> None:
    stage = conference("AB", 5)
    address = stage.people["A"].address
    stage.trace = [d for d in stage.trace if d.src != address or 20 <= d.data[0] < 64]
    sources = Subject(stage.analysis()).packets.sources
    assert sorted((s.ssrc, s.from_endpoint) for s in sources) == [
        (stage.ssrc("A"), False), (stage.ssrc("B"), True),
    ]  # fmt: skip


def test_packets_under_the_keys_of_another_hop() -> None:
    packets = Subject(PLANTED["keys_of_another_hop"].build()).packets
    assert len(packets.strangers) == 10
    assert all(m.datagram.dst != m.association.endpoint for m in packets.strangers if m.association)


def test_nobody_is_a_stranger_in_a_good_conference(subject: Subject) -> None:
    assert subject.packets.strangers == []
    assert subject.packets.closed == []


def test_sequence_numbers_are_extended_over_wraps_and_disorder() -> None:
    counter = Counter()
    assert [counter.extend(seq) for seq in (65534, 65535, 0, 65533, 2)] == [
        65534, 65535, 65536, 65533, 65538,
    ]  # fmt: skip


def test_srtp_is_what_stands_before_the_field(subject: Subject) -> None:
    m = subject.packets.rtp[0]
    assert m.opened.ekt is not None
    assert srtp_of(m) + m.opened.ekt.raw == m.datagram.data

# SPDX-License-Identifier: GPL-2.0-only
"""RTCP of endpoints, over the relay: when reports leave, what they say, how they are read."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.roles.endpoint.events import ReportReceived
from perc_scapy.roles.endpoint.rtcp import (
    Description,
    Goodbye,
    Report,
    ReportBlock,
    build_goodbye,
    middle32,
    ntp_time,
    parse_compound_untrusted,
)
from tests.roles.kmf_world import BOARD, Line, conference, kmf_config
from tests.roles.media_world import MediaWorld


def talk(**changes: Any) -> tuple[MediaWorld, Line, Line]:
    world = MediaWorld(kmf_config(conference(BOARD, "a", "b")))
    world.tunnel()
    return world, world.join_endpoint("a", **changes), world.join_endpoint("b", **changes)


def compounds(world: MediaWorld, line: Line) -> list[list[Any]]:
    """RTCP that an endpoint sent, opened with the hop key alone (R8871-14)."""
    hop = world.kmf.hop_keys("t1", line.association_id)
    assert hop is not None
    context = SrtpContext(7, *hop.client)
    return [
        parse_compound_untrusted(context.unprotect_rtcp(datagram))
        for sender, datagram in world.media
        if sender is line and 192 <= datagram[1] <= 223
    ]


@pytest.mark.req("R8871-14", "DBL-15")
def test_a_silent_endpoint_sends_rr_and_a_talking_one_sr() -> None:
    world, a, b = talk(report_interval=1.0)
    for n in range(100):
        world.say(a, b"%160d" % n)
    report, description = compounds(world, a)[-1]
    assert isinstance(report, Report)
    assert report.info is not None
    assert report.ssrc == a.peer.ssrc
    assert 50 <= report.info.packets <= 100
    assert report.info.octets == 160 * report.info.packets
    assert report.blocks == ()
    assert isinstance(description, Description)
    report, _ = compounds(world, b)[-1]
    assert report.info is None
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.fraction_lost) == (a.peer.ssrc, 0, 0)


def test_the_timestamp_of_an_sr_goes_on_with_the_clock() -> None:
    world, a, _ = talk(report_interval=1.0)
    for n in range(200):
        world.say(a, b"%d" % n)
    reports = [c[0] for c in compounds(world, a) if c[0].info]
    assert len(reports) >= 3
    first, last = reports[0].info, reports[-1].info
    seconds = (last.ntp - first.ntp) / 2**32
    assert (last.rtp_timestamp - first.rtp_timestamp) % 2**32 == pytest.approx(
        8000 * seconds, abs=400
    )


def test_reports_leave_at_intervals_of_a_half_to_three_halves() -> None:
    world, a, _ = talk(report_interval=2.0)
    times = []
    end = world.now + 100
    while world.now < end:
        before = len(compounds(world, a))
        world.run(0.1)
        times += [world.now] * (len(compounds(world, a)) - before)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert 40 <= len(times) <= 60
    assert 0.9 <= min(gaps) < 1.6 < 2.4 < max(gaps) <= 3.1


@pytest.mark.req("R8871-15")
def test_the_canonical_name_is_random_and_one_of_its_own_choice_when_configured() -> None:
    world, a, b = talk(report_interval=0.5)
    world.run(2.0)
    names = {compounds(world, line)[-1][1].cname for line in (a, b)}
    assert len(names) == 2
    assert all(len(name) == 24 for name in names)
    world, a, _ = talk(report_interval=0.5, cname="me@here")
    world.run(2.0)
    assert compounds(world, a)[-1][1].cname == "me@here"


def test_loss_on_the_way_is_reported_to_the_sender() -> None:
    world, a, b = talk(report_interval=1.0)
    count = iter(range(10**6))
    world.lose = lambda sender, _r, wire: (
        sender is a and not 192 <= wire[1] <= 223 and next(count) % 4 == 3
    )
    for n in range(200):
        world.say(a, b"%d" % n)
    report = next(r for r in reversed(a.of(ReportReceived)) if r.ssrc == a.peer.ssrc)
    assert report.reporter == b.peer.ssrc
    assert report.fraction_lost == pytest.approx(0.25, abs=0.03)
    assert report.lost == pytest.approx(next(count) / 4, abs=25)
    assert report.jitter < 0.001


def test_a_quoted_sender_report_gives_the_round_trip_time() -> None:
    world, a, _ = talk(report_interval=1.0)
    for n in range(200):
        world.say(a, b"%d" % n)
    trips = [r.round_trip for r in a.of(ReportReceived) if r.round_trip is not None]
    assert trips
    assert max(trips) < 0.001  # the relay takes no time


@pytest.mark.parametrize(
    ("since", "seconds"), [(0, 1.0), (0x8000, 0.5), (0x10000, 0.0), (0x10001, 0.0)]
)
def test_rounding_never_makes_a_round_trip_of_hours(since: int, seconds: float) -> None:
    world, a, _ = talk()
    block = ReportBlock(a.peer.ssrc, 0, 0, 0, 0, middle32(ntp_time(world.now)), since)
    assert a.peer._media.reporter._round_trip(block, world.now + 1.0) == seconds
    quoted_nothing = block._replace(last_sr=0)
    assert a.peer._media.reporter._round_trip(quoted_nothing, world.now) is None


def test_at_most_31_blocks_and_the_rest_in_the_next_report() -> None:
    world, a, _ = talk()
    receiving, reporter = a.peer._media.receiving, a.peer._media.reporter
    for ssrc in range(1000, 1040):
        receiving._source(ssrc).statistics.packet(1, 0, world.now)
    first, second = (
        parse_compound_untrusted(reporter.report(world.now))[0].blocks for _ in range(2)
    )
    assert len(first) == len(second) == 31
    assert {b.ssrc for b in first} | {b.ssrc for b in second} == set(range(1000, 1040))


def test_goodbye_is_a_compound_with_report_and_description() -> None:
    world, a, _ = talk()
    packets = parse_compound_untrusted(a.peer._media.reporter.goodbye(world.now))
    assert [type(p) for p in packets] == [Report, Description, Goodbye]
    assert packets[-1].ssrcs == (a.peer.ssrc,)


@pytest.mark.req("R8871-34")
@pytest.mark.parametrize(
    "octets", [b"\x80\xc9\x00\x05" + bytes(4), b"\x80\xc9\x00\x01\0\0\0\1\xff"]
)
def test_rtcp_that_does_not_parse_is_counted(octets: bytes) -> None:
    world, _, b = talk()
    hop = world.contexts(b)
    assert hop is not None
    world.incoming(b, hop[1].protect_rtcp(octets))
    assert b.peer.counters == {"malformed": 1}


def test_replayed_and_forged_rtcp_is_counted() -> None:
    world, _, b = talk()
    hop = world.contexts(b)
    assert hop is not None
    wire = hop[1].protect_rtcp(build_goodbye(5))
    forged = wire[:-1] + bytes((wire[-1] ^ 1,))
    for datagram in (forged, wire, wire):
        world.incoming(b, datagram)
    assert b.peer.counters == {"authentication": 1, "replayed": 1}

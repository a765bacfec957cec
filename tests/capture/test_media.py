# SPDX-License-Identifier: GPL-2.0-only
"""Both layers of SRTP opened at each hop from capture and key log alone."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from perc_scapy.capture import media
from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.media import own_keys, same_conference
from tests.capture.handmade import MDD_MEDIA, Address, HandmadeConference, k, three_flows


@pytest.fixture
def talk() -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    return talk


def media_of(talk: HandmadeConference, keylog: KeyLog | None = None):
    return Analysis(talk.trace, talk.keylog() if keylog is None else keylog).media


@pytest.mark.req("SS2-13", "SS2-14", "R8871-01", "EKT-02", "EKT-21")
def test_a_packet_opens_before_and_after_the_mdd(talk: HandmadeConference) -> None:
    rtp = talk.say("A", b"hello")
    before, after = media_of(talk)
    assert before.rtp == after.rtp == rtp
    assert (before.from_endpoint, after.from_endpoint) == (True, False)
    assert before.opened.ekt == after.opened.ekt
    assert before.opened.ekt.spi == before.opened.spi == 1
    assert before.datagram.data != after.datagram.data
    assert before.ssrc == 0x1041


@pytest.mark.req("DBL-15", "R8871-14")
def test_rtcp_opens_with_the_hop_keys(talk: HandmadeConference) -> None:
    rtcp = talk.report("A")
    (packet,) = media_of(talk)
    assert (packet.kind, packet.opened.plain, packet.rtp) == ("rtcp", rtcp, None)
    assert packet.ssrc == 0x1041


def test_rollover_counters_are_followed(talk: HandmadeConference) -> None:
    talk.people["A"].seq = 65533
    sent = [talk.say("A", b"%d" % n) for n in range(6)]
    packets = media_of(talk)
    assert [p.rtp for p in packets if not p.from_endpoint] == sent


@pytest.mark.req("EKT-14")
def test_a_capture_that_begins_after_a_wrap_learns_the_roc_from_the_field(
    talk: HandmadeConference,
) -> None:
    talk.people["A"].seq = 65534
    start = len(talk.trace)
    for _ in range(4):
        talk.say("A", b"x")
        talk.now += 0.2
    kept = talk.trace[:start] + [d for d in talk.trace[start:] if d.src != MDD_MEDIA][1:]
    packets = Analysis(kept, talk.keylog()).media
    assert len(packets) == 3
    assert packets[0].rtp is not None


@pytest.mark.req("EKT-13", "EKT-17", "R8871-23")
def test_rekeying_is_followed(talk: HandmadeConference) -> None:
    for number in (1, 2, 3):
        for name in "AB":
            talk.give(name, k(number))
        for _ in range(5):
            talk.say("A", b"under K%d" % number)
    packets = media_of(talk)
    assert all(p.rtp is not None for p in packets)
    assert [spi for spi, _ in sorted({(p.opened.spi, p.opened.key_id) for p in packets})] == [
        1,
        2,
        3,
    ]


def test_with_the_tunnels_secret_alone_only_the_hop_opens(talk: HandmadeConference) -> None:
    """What an MDD could see: headers, not words."""
    talk.say("A", b"the very words")
    keylog = KeyLog()
    keylog.add_text(talk.lines[0].encode())
    for packet in media_of(talk, keylog):
        assert packet.opened.hop_opened
        assert packet.rtp is None
        assert b"the very words" not in packet.opened.outer.payload
        assert packet.opened.problem


def test_without_any_secret_nothing_opens(talk: HandmadeConference) -> None:
    talk.say("A", b"x")
    empty = KeyLog()
    empty.add_text(b"# nothing")
    for packet in Analysis(talk.trace, empty).media:
        assert not packet.opened.hop_opened
        assert packet.opened.problem == "no keys of this hop"


def test_damage_repeats_and_strangers_have_reasons(talk: HandmadeConference) -> None:
    talk.say("A", b"x")
    good = talk.trace[-1]
    for data in (good.data[:-30] + bytes(30), good.data, good.data[:9], b"\x80" * 13):
        talk.seen(good.src, good.dst, data)
    talk.seen(Address("10.9.9.9", 9), MDD_MEDIA, good.data)
    packets = media_of(talk)[2:]
    assert [p.rtp for p in packets] == [None] * 5
    assert all(p.opened.problem for p in packets)
    assert "before" in packets[1].opened.problem
    assert packets[-1].association is None


@pytest.mark.req("NUJ-03", "R8871-24", "EKT-07")
def test_a_rings_view_opens_what_that_endpoint_may() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    c = talk.people["C"].address
    for packet in analysis.read_media(own_keys):
        late = packet.datagram.dst == c and packet.opened.spi is None and packet.kind == "rtp"
        assert (packet.opened.plain is None) == late
    assert any(p.opened.plain for p in analysis.read_media(own_keys) if p.datagram.dst == c)


def test_keys_of_a_later_association_between_the_same_addresses_come_first() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    old = talk.people["A"].address
    talk.say("B", b"to the old association")
    del talk.people["A"]
    again = talk.join("A2", k(2))
    for n, d in enumerate(talk.trace):
        src = old if d.src == again.address else d.src
        dst = old if d.dst == again.address else d.dst
        talk.trace[n] = replace(d, src=src, dst=dst)
    again.address = old
    talk.give("B", k(2))
    talk.say("B", b"still under K1")
    talk.say("B", b"to the new one")
    heard = [p for p in media_of(talk) if not p.from_endpoint]
    assert heard[0].rtp[12:] == b"to the old association"
    assert heard[2].rtp[12:] == b"to the new one"
    assert heard[0].association is not heard[1].association is heard[2].association


def test_an_endpoints_keys_are_known_from_the_beginning_of_its_view() -> None:
    """As documented: when a key came, `ReceivedEktKey.packet` says, not the ring."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    talk.give("A", k(2))
    for _ in range(5):
        talk.say("A", b"B has no K2 yet")
        talk.now += 0.2
    talk.give("B", k(2))
    analysis = Analysis(talk.trace, talk.keylog())
    (came,) = [key for key in analysis.associations[1].ekt_keys() if key.parameters.spi == 2]
    early = [p for p in analysis.own_media if p.opened.spi == 2 and not p.from_endpoint]
    assert early
    assert all(p.number < came.packet and p.rtp is not None for p in early)


def test_one_spi_may_name_two_sets_in_two_conferences() -> None:
    """Conferences of one MDD: the set of a fellow is used, that of a stranger with the same SPI is not."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    analysis = Analysis(talk.trace, talk.keylog())
    a, b = analysis.associations
    ring = same_conference([a, b])
    assert [len(ring(one)) for one in (a, b)] == [2, 2]
    named = {id(a): bytes(16), id(b): b"\1" * 16}
    views = [
        SimpleNamespace(conference_id=named[id(x)], mdd=x.mdd, ekt_keys=x.ekt_keys) for x in (a, b)
    ]
    ring = same_conference(views)
    assert [ring(view) for view in views] == [a.ekt_keys(), b.ekt_keys()]


def test_a_repeat_is_told_as_such_whatever_other_hop_was_tried_first() -> None:
    """Two associations share their addresses: a copy of the older one's packet is a repeat."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    talk.say("B", b"once")
    copy = talk.trace[-1]
    old = talk.people.pop("A").address
    again = talk.join("A2", k(1))
    for n, d in enumerate(talk.trace):
        src = old if d.src == again.address else d.src
        dst = old if d.dst == again.address else d.dst
        talk.trace[n] = replace(d, src=src, dst=dst)
    assert copy.dst == old
    again.address = old
    talk.say("B", b"to the new association")
    talk.seen(copy.src, copy.dst, copy.data)
    last = media_of(talk)[-1]
    assert last.opened.plain is None
    assert last.opened.repeat


def test_what_is_remembered_of_a_path_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_SSRCS", 3)
    talk = HandmadeConference()
    talk.join("A", k(1))
    for ssrc in range(8):
        talk.say("A", b"x", ssrc=ssrc)
    analysis = Analysis(talk.trace, talk.keylog())
    reader = media.MediaReader(analysis.associations, same_conference(analysis.associations))
    read = [found for d in talk.trace if (found := reader.read(d)) is not None]
    assert all(packet.opened.hop_opened for packet in read)
    src, dst = read[-1].datagram.src, read[-1].datagram.dst
    held = [n for n in range(8) if reader.in_use(src, dst, n.to_bytes(4, "big")) is not None]
    assert held == [5, 6, 7]

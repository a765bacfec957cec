# SPDX-License-Identifier: GPL-2.0-only
"""Keys that come later, or elsewhere, open what was sealed; a receiver's view stays what it was."""

import pytest

from perc_scapy.capture import learned
from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.learned import LearnedKey, learned_keys, open_late
from perc_scapy.capture.media import own_keys
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from tests.capture.handmade import HandmadeConference, k, three_flows


@pytest.fixture
def talk() -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    return talk


@pytest.mark.req("EKT-03", "R8871-25")
def test_keys_of_all_senders_with_their_names(talk: HandmadeConference) -> None:
    for name in "AB":
        talk.say(name, b"x")
    media = Analysis(talk.trace, talk.keylog()).read_media(own_keys)
    keys = learned_keys(media, [k(1), k(1), k(2)])
    assert [(key.ssrc, key.spi, key.epoch, key.rocs) for key in keys] == [
        (0x1041, 1, 0, {0}),
        (0x1042, 1, 0, {0}),
    ]
    assert keys[0].master.key == talk.people["A"].sender.ekt.master(talk.now).key
    assert learned_keys(media, [k(2)]) == []


def test_packets_before_the_first_full_field(talk: HandmadeConference) -> None:
    """A short field overtook the full ones: no receiver could open it, a reader can."""
    for n in range(5):
        talk.say("A", b"%d" % n)
    last = talk.trace[-2:]
    first = len(talk.trace) - 10
    talk.trace = [*talk.trace[:first], *last, *talk.trace[first:-2]]
    analysis = Analysis(talk.trace, talk.keylog())
    assert [m.rtp is None for m in analysis.read_media(own_keys)][:3] == [True, True, False]
    assert all(m.rtp is not None for m in analysis.media)
    assert [m.opened.late for m in analysis.media][:3] == [True, True, False]
    assert analysis.media[0].opened.key_id == analysis.media[2].opened.key_id


def test_a_key_learned_at_another_hop() -> None:
    """What C was sent under K1 opens for who holds K1, and is marked."""
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    late = [m for m in analysis.media if m.opened.late]
    c = talk.people["C"].address
    assert {m.datagram.dst for m in late} == {c}
    assert {m.opened.spi for m in late} == {1}
    assert all(m.opened.problem == "" for m in late)


def test_rollovers_are_found(talk: HandmadeConference) -> None:
    talk.people["A"].seq = 65533
    for n in range(6):
        talk.say("A", b"%d" % n)
    media = Analysis(talk.trace, talk.keylog()).read_media(lambda _: [])
    assert all(m.rtp is None for m in media)
    open_late(media, learned_keys(media, [k(1)]))
    assert [m.rtp[12:] for m in media if m.from_endpoint] == [b"%d" % n for n in range(6)]


def test_without_the_right_set_nothing_opens(talk: HandmadeConference) -> None:
    talk.say("A", b"x")
    media = Analysis(talk.trace, talk.keylog()).read_media(lambda _: [])
    open_late(media, learned_keys(media, [k(2)]))
    assert all(m.rtp is None and not m.opened.late for m in media)


def _strangers(count: int) -> list[LearnedKey]:
    """Keys announced for A's SSRC that seal nothing."""
    masters = (MasterKey(Key(n.to_bytes(16, "big")), Key(bytes(12))) for n in range(count))
    return [LearnedKey(0x1041, 1, 0, master, {0}) for master in masters]


def test_a_flood_of_keys_for_one_ssrc_costs_a_few_trials_a_packet(
    talk: HandmadeConference, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(30):
        talk.say("A", b"%d" % n)
    media = Analysis(talk.trace, talk.keylog()).read_media(lambda _: [])
    tried: list[LearnedKey] = []

    def never(opened: object, packet: object, key: LearnedKey, context: object) -> bool:
        tried.append(key)
        return False

    monkeypatch.setattr(learned, "_try", never)
    monkeypatch.setattr(learned, "MAX_FAILURES", 200)
    open_late(media, _strangers(100))
    closed = sum(m.ssrc == 0x1041 for m in media)
    assert len(tried) == 300 + (closed - 3) * learned.FEW


def test_the_key_that_fitted_last_is_tried_first(
    talk: HandmadeConference, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(8):
        talk.say("A", b"%d" % n)
    media = Analysis(talk.trace, talk.keylog()).read_media(lambda _: [])
    monkeypatch.setattr(learned, "MAX_FAILURES", 50)
    open_late(media, [*_strangers(60), *learned_keys(media, [k(1)])])
    assert all(m.rtp is not None for m in media if m.ssrc == 0x1041)

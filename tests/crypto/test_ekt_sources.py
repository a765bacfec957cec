# SPDX-License-Identifier: GPL-2.0-only
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from perc_scapy.crypto.ekt_sources import MAX_KEYS, SLEEPERS, ReceivedKey, Source, Sources
from tests.crypto.support import HOP1, context, octets, rtp


def key(number: int, *, spi: int = 1, epoch: int | None = None, ssrc: int = 7) -> ReceivedKey:
    master = MasterKey(Key(octets(number, 16)), Key(octets(0xA0, 12)))
    return ReceivedKey(ssrc, spi, number if epoch is None else epoch, master)


def heard(sources: Sources, ssrc: int, number: int = 1) -> ReceivedKey:
    mine = key(number, ssrc=ssrc)
    sources.heard(ssrc).prove(mine)
    return mine


def test_keys_are_newest_first_and_bounded() -> None:
    source = Source()
    for number in range(20):
        source.prove(key(number))
    assert [k.epoch for k in source.keys] == list(range(19, 19 - MAX_KEYS, -1))
    assert list(source.seen) == [1]
    assert source.seen[1].epoch == 19


def test_a_key_once_proven_is_recognised_after_it_fell_off_the_list() -> None:
    source, first = Source(), key(0, spi=1)
    source.prove(first)
    for spi in range(2, 20):
        source.prove(key(spi, spi=spi, epoch=0))
    assert first not in source.keys
    assert source.accept(key(0, spi=1)) is first
    assert source.accept(key(50, spi=1, epoch=0)) is None


def test_the_one_heard_longest_ago_goes_to_sleep_and_wakes_with_its_keys() -> None:
    sources = Sources(2)
    first, second = heard(sources, 1), heard(sources, 2)
    sources.heard(1)
    heard(sources, 3)
    assert sources.ssrcs() == [2, 1, 3]
    assert sources.get(2).keys == [second]
    heard(sources, 4)
    assert sources.ssrcs() == [2, 1, 3, 4]
    assert sources.heard(1).keys == [first]
    assert sources.ssrcs() == [2, 3, 4, 1]


def test_sleep_keeps_where_replay_protection_stands() -> None:
    sources = Sources(1)
    mine = heard(sources, 0xCAFEBABE)
    mine.context = context(7, *HOP1)
    sender = context(7, *HOP1)
    for seq in range(5, 9):
        mine.context.unprotect(sender.protect(rtp(seq=seq)))
    heard(sources, 2)
    assert mine.context is None
    assert mine.floor == 8
    mine.context = SrtpContext(7, octets(0, 16), octets(0, 12))
    mine.sleep()
    assert mine.floor == 8


def test_words_alone_displace_nobody_who_was_heard() -> None:
    sources = Sources(2)
    heard(sources, 1)
    heard(sources, 2)
    for ssrc in range(10, 100):
        sources.announced(ssrc).expect(key(1, ssrc=ssrc))
    assert sources.ssrcs() == [1, 2]
    assert [ssrc for ssrc in range(100) if sources.get(ssrc)] == [1, 2, 98, 99]
    assert sources.announced(1).keys[0].proven
    announced = sources.get(99)
    assert sources.heard(99) is announced
    assert sources.ssrcs() == [1, 2, 99]


def test_sleepers_are_bounded() -> None:
    sources = Sources(3)
    for ssrc in range(100):
        heard(sources, ssrc)
    assert len(sources.ssrcs()) == 3 + 3 * SLEEPERS
    assert sources.get(0) is None
    assert sources.get(99) is not None


def test_forgetting_an_spi_and_everything() -> None:
    sources = Sources(1)
    heard(sources, 1)
    heard(sources, 2)
    sources.forget_spi(1)
    assert sources.ssrcs() == [1, 2]
    assert all(sources.get(ssrc).keys and not sources.get(ssrc).seen for ssrc in (1, 2))
    sources.clear()
    assert sources.get(1) is None
    assert sources.get(2) is None

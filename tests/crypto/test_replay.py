# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto.replay import MAX_INDEX, Stream


def rfc_3711_appendix_a(seq: int, s_l: int, roc: int) -> int:
    """Index by the pseudo code of RFC 3711 appendix A, ROC without the modulo."""
    v = roc
    if s_l < 32768 and seq - s_l > 32768:
        v = roc - 1
    if s_l >= 32768 and s_l - 32768 > seq:
        v = roc + 1
    return seq + v * 65536


def at(index: int) -> Stream:
    stream = Stream()
    stream.mark(index)
    return stream


@pytest.mark.req("SRT-03")
@given(st.integers(1, 0xFFFFFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_estimate_is_that_of_the_rfc(roc: int, s_l: int, seq: int) -> None:
    assert at(roc << 16 | s_l).estimate(seq) == rfc_3711_appendix_a(seq, s_l, roc)


@pytest.mark.req("SRT-03")
@pytest.mark.parametrize(
    ("highest", "seq", "index"),
    [
        (0x0FFFF, 0x0000, 0x10000),
        (0x0FFFF, 0x0005, 0x10005),
        (0x10003, 0xFFFE, 0x0FFFE),
        (0x18000, 0x0000, 0x10000),
        (0x18001, 0x0000, 0x20000),
        (0x17FFF, 0xFFFF, 0x1FFFF),
        (0x17FFE, 0xFFFF, 0x0FFFF),
        (0x00005, 0xFFF0, 0x0FFF0),
    ],
)
def test_estimate_around_the_wrap(highest: int, seq: int, index: int) -> None:
    assert at(highest).estimate(seq) == index


@pytest.mark.req("SRT-03")
def test_first_packet_has_roc_0_unless_told() -> None:
    assert Stream().estimate(0xFFFF) == 0xFFFF
    told = Stream()
    told.set_roc(7)
    assert told.estimate(3) == 0x70003
    told.mark(0x70003)
    assert told.estimate(0xFFFF) == 0x6FFFF
    near = Stream()
    near.seed(0x1FFFE)
    assert near.estimate(1) == 0x20001
    assert near.estimate(0xFFFD) == 0x1FFFD
    assert near.is_new(0x1FFFE)
    assert near.is_new(0)


def test_set_roc_holds_for_one_packet_and_keeps_the_list() -> None:
    stream = at(0x10005)
    stream.set_roc(9)
    assert stream.estimate(6) == 0x90006
    stream.set_roc(1)
    assert not stream.is_new(stream.estimate(5))
    stream.mark(stream.estimate(6))
    assert stream.estimate(7) == 0x10007


class Model:
    """Replay list by definition: remember everything."""

    def __init__(self, window: int) -> None:
        self.used: set[int] = set()
        self.window = window

    def is_new(self, index: int) -> bool:
        if not self.used:
            return True
        return index not in self.used and index > max(self.used) - self.window


steps = st.lists(
    st.one_of(
        st.just(1), st.integers(-140, 140), st.sampled_from([127, 128, 129, 1 << 20, 1 << 40])
    ),
    max_size=120,
)


@pytest.mark.req("SRT-04")
@given(steps, st.sampled_from([64, 128, 200]), st.integers(0, 1 << 33))
def test_list_equals_the_model(moves: list[int], window: int, start: int) -> None:
    stream, model, index = Stream(window=window), Model(window), start
    for move in moves:
        index = max(index + move, 0)
        assert stream.is_new(index) == model.is_new(index)
        if stream.is_new(index):
            stream.mark(index)
            model.used.add(index)
            assert not stream.is_new(index)
        assert stream.highest == max(model.used)
        index = stream.highest if move > 0 else index


@pytest.mark.req("SRT-04")
@pytest.mark.parametrize("gap", [0, 1, 63, 127])
def test_window_of_128(gap: int) -> None:
    stream = at(1000)
    stream.mark(1128 + gap)
    assert stream.is_new(1001 + gap)
    assert not stream.is_new(1000 + gap)
    long_run = Stream()
    for index in range(300):
        long_run.mark(index)
    long_run.mark(302)
    assert [i for i in range(303) if long_run.is_new(i)] == [300, 301]


@pytest.mark.req("SRT-04")
def test_a_jump_over_the_whole_index_space_costs_nothing() -> None:
    stream = at(0)
    stream.mark(MAX_INDEX)
    assert not stream.is_new(0)
    assert stream.is_new(MAX_INDEX - 1)
    assert not stream.is_new(MAX_INDEX)
    assert stream.expected > 0xFFFF


def test_refuse_up_to() -> None:
    stream = Stream()
    stream.refuse_up_to(500)
    assert not any(stream.is_new(i) for i in (0, 372, 373, 499, 500))
    assert stream.is_new(501)
    assert stream.expected == 501


@given(st.integers(0, MAX_INDEX - 1))
def test_expected_names_the_next_index_or_nothing(index: int) -> None:
    stream = at(index)
    if stream.expected <= 0xFFFF:
        assert stream.estimate(stream.expected) == index + 1
    else:
        assert (index + 1) & 0xFFFF == 0

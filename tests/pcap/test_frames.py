# SPDX-License-Identifier: GPL-2.0-only
"""The octet source of the readers."""

import io
import random

import pytest

from perc_scapy.pcap.frames import CaptureDamaged, Frame, Interface, Source


class Dribble(io.RawIOBase):
    """A pipe that gives one octet at a time."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def read(self, size: int = -1) -> bytes:
        part, self.rest = self.rest[:1], self.rest[1:]
        return part


def test_short_reads_of_a_pipe_are_put_together() -> None:
    source = Source(Dribble(b"abcdef"))
    assert source.take(4, "x") == b"abcd"
    assert source.position == 4
    with pytest.raises(CaptureDamaged, match=r"y cut short \(at octet 6\)"):
        source.take(3, "y")


def test_the_end_is_an_end_only_between_blocks() -> None:
    assert Source(io.BytesIO(b"")).start(4, "x") == b""
    with pytest.raises(CaptureDamaged):
        Source(io.BytesIO(b"ab")).start(4, "x")


def test_an_absurd_length_is_damage_before_memory_is_asked_for() -> None:
    with pytest.raises(CaptureDamaged, match="of 4294967295 octets"):
        Source(io.BytesIO(b"abc")).take(0xFFFFFFFF, "packet")


def test_frame_times() -> None:
    assert Frame(1, 1_500_000_000, 1, b"", 0).time == 1.5


def test_looking_ahead_and_giving_back() -> None:
    source = Source(Dribble(b"abcdef"))
    assert (source.peek(3), source.position) == (b"abc", 0)
    assert source.take(2, "x") == b"ab"
    source.give_back(b"xab")
    assert (source.position, source.take(5, "x")) == (-1, b"xabcd")
    assert (source.some(9), source.some(9), source.some(9)) == (b"e", b"f", b"")
    assert (source.peek(1), source.position) == (b"", 6)


def test_interfaces_count_time_in_their_own_units() -> None:
    assert Interface(1, 1 << 20, 5).nanoseconds(3 << 19) == 6_500_000_000


def test_a_window_to_step_over() -> None:
    source = Source(io.BytesIO(b"abcdef"))
    source.chunk = 4
    assert source.take(1, "x") == b"a"
    assert source.window() == (b"abcd", 1)
    source.skip(3)
    assert (source.position, source.take(2, "x")) == (4, b"ef")


def test_any_way_of_asking_gives_the_octets_in_order() -> None:
    dice = random.Random(4)
    for _ in range(300):
        data = dice.randbytes(200)
        source = Source(io.BytesIO(data))
        source.chunk = dice.randrange(1, 60)
        taken = b""
        while len(taken) < 160:
            assert source.position == len(taken)
            match dice.randrange(6):
                case 0:
                    taken += source.take(dice.randrange(30), "x")
                case 1:
                    taken += source.start(dice.randrange(1, 30), "x")
                case 2:
                    ahead = dice.randrange(30)
                    assert source.peek(ahead) == data[len(taken) : len(taken) + ahead]
                case 3:
                    window, at = source.window()
                    length = dice.randrange(len(window) - at + 1)
                    taken += window[at : at + length]
                    source.skip(length)
                case 4:
                    some = source.some(dice.randrange(1, 20))
                    source.give_back(some)
                case 5:
                    source.renew()
        assert taken == data[: len(taken)]


def test_what_was_read_together_is_not_joined() -> None:
    source = Source(io.BytesIO(bytes(300)))
    source.chunk = 100
    source.take(90, "x")
    source.take(20, "over the seam")
    assert (len(source.window()[0]), source.window()[1]) == (100, 10)


def test_a_window_that_begins_with_the_next_octet() -> None:
    stream = io.BytesIO(b"..abcdefghij")
    stream.seek(2)
    source = Source(stream)
    source.chunk = 4
    source.take(3, "x")
    source.renew()
    assert (source.window(), source.position) == ((b"defg", 0), 3)
    pipe = Source(Dribble(b"abcdef"))
    pipe.take(2, "x")
    pipe.renew()
    assert (pipe.take(4, "x"), pipe.position) == (b"cdef", 6)

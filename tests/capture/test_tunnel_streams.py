# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 messages out of a stream: split, merged, behind gaps, and among octets that are none."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.capture.secured import Opened
from perc_scapy.capture.tunnel_streams import CutMessage, cut_messages, senders
from tests.layers.vectors import V9185_D, V9185_K, V9185_S, V9185_T, V9185_U

MESSAGES = [V9185_S, V9185_T, V9185_T, V9185_K, V9185_D] * 4
STREAM = b"".join(MESSAGES)


def opened(packet: int, content: bytes, *, gap: bool = False, from_client: bool = True) -> Opened:
    return Opened(packet, packet / 10, from_client, packet, content, gap)


def cut(*records: Opened) -> list[CutMessage]:
    return list(cut_messages("rfc9185", records))


def test_messages_do_not_care_about_records() -> None:
    for seed in range(20):
        dice = random.Random(seed)
        records, position = [], 0
        while position < len(STREAM):
            step = dice.randrange(1, 300)
            records.append(opened(len(records) + 1, STREAM[position : position + step]))
            position += step
        found = cut(*records)
        assert [message.data for message in found] == MESSAGES
        assert not any(message.fault for message in found)


def test_the_packet_is_the_one_that_completed_the_message() -> None:
    second = V9185_T[9:] + V9185_D + V9185_K[:5]
    found = cut(opened(1, V9185_T[:9]), opened(4, second), opened(6, V9185_K[5:]))
    assert [(m.packet, m.data) for m in found] == [(4, V9185_T), (4, V9185_D), (6, V9185_K)]


def test_directions_are_streams_of_their_own() -> None:
    found = cut(opened(1, V9185_T[:9]), opened(2, V9185_K, from_client=False), opened(3, V9185_T[9:]))  # fmt: skip
    assert [(m.from_client, m.data) for m in found] == [(False, V9185_K), (True, V9185_T)]


def test_a_message_with_a_hole_is_told_and_the_next_record_begins_one() -> None:
    found = cut(opened(1, V9185_T[:9]), opened(3, V9185_D, gap=True))
    assert [(m.data, bool(m.fault)) for m in found] == [(V9185_T[:9], True), (V9185_D, False)]


def test_a_record_in_the_middle_of_a_message_behind_a_gap() -> None:
    """Its first octet may look like a type, and the length behind it would swallow what follows."""
    middle = b"\x04\x7f\xff" + bytes(30)
    found = cut(opened(1, V9185_S), opened(3, middle, gap=True), opened(4, V9185_D), opened(5, V9185_T))  # fmt: skip
    assert [m.data for m in found if not m.fault] == [V9185_S, V9185_D, V9185_T]


def test_octets_that_begin_no_message_end_with_their_record() -> None:
    found = cut(opened(1, V9185_D + b"\x00garbage"), opened(2, V9185_D))
    assert [(m.data, bool(m.fault)) for m in found] == [
        (V9185_D, False),
        (b"\x00garbage", True),
        (V9185_D, False),
    ]


def test_what_was_never_completed() -> None:
    (found,) = cut(opened(7, V9185_T[:-1]))
    assert (found.packet, found.fault) == (7, "RFC 9185: message cut short")


def test_in_draft_00_a_record_is_a_message() -> None:
    found = list(cut_messages("draft00", [opened(1, b"ab"), opened(2, b"cd")]))
    assert [(m.packet, m.data) for m in found] == [(1, b"ab"), (2, b"cd")]


def test_who_lists_profiles_is_the_mdd() -> None:
    """RFC 9185 section 5.2: either side may be the TLS client."""
    mdd_opens = {True: "mdd", False: "kmf"}
    kmf_opens = {True: "kmf", False: "mdd"}
    for first, from_client, expected in (
        (V9185_S, True, mdd_opens),
        (V9185_S, False, kmf_opens),
        (V9185_K, True, kmf_opens),
        (V9185_U, False, mdd_opens),
        (V9185_T, False, mdd_opens),
    ):
        assert senders("rfc9185", cut(opened(1, first, from_client=from_client))) == expected
    assert senders("draft00", []) == mdd_opens


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.booleans()), max_size=20))
def test_any_octets(records: list[tuple[bytes, bool, bool]]) -> None:
    given_ = [opened(n, data, gap=gap, from_client=side) for n, (data, gap, side) in enumerate(records)]  # fmt: skip
    found = cut(*given_)
    assert sum(len(m.data) for m in found) <= sum(len(data) for data, _, _ in records)
    senders("rfc9185", found)

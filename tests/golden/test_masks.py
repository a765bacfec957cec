# SPDX-License-Identifier: GPL-2.0-only
"""Which fields are masked, and that a masked field still says whether it is there."""

import pytest

from perc_scapy.golden.masks import DEFAULT, GROUPS, MASK, Masks

DOCUMENT = {
    "flow": {"SS1-01": 7, "SS1-02": None},
    "streams": [{"ssrc": "12345678", "packet": 9, "packets": 3, "ekt": {"full": 3}}],
}


def test_default_masks_leave_packet_numbers_and_counts() -> None:
    masked = Masks().apply(DOCUMENT)
    assert masked["flow"] == DOCUMENT["flow"]
    assert masked["streams"][0] == {"ssrc": MASK, "packet": 9, "packets": 3, "ekt": {"full": 3}}


def test_what_is_absent_stays_absent() -> None:
    masked = Masks(["packets"]).apply(DOCUMENT)
    assert masked["flow"] == {"SS1-01": MASK, "SS1-02": None}
    assert masked["streams"][0]["ssrc"] == "12345678"


def test_patterns_groups_and_exceptions_in_one_list() -> None:
    masks = Masks(["default", "counts", "-ids", "tunnels.*"])
    assert masks.covers("tunnels.version")
    assert masks.covers("streams.ekt")
    assert not masks.covers("streams.ssrc")
    assert not masks.covers("streams.packet")


def test_whole_entries_can_be_masked_by_name() -> None:
    streams = [{"name": "A > MDD: rtp of A"}, {"name": "A > MDD: rtcp of A"}]
    assert Masks(["reports"]).apply({"streams": streams}) == {"streams": streams[:1]}
    assert Masks(["streams:A > *"]).apply({"streams": streams}) == {"streams": []}


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_each_group_can_be_named(group: str) -> None:
    assert Masks([group]).names == (group,)


def test_the_input_is_not_changed() -> None:
    before = repr(DOCUMENT)
    Masks([*DEFAULT, "counts", "packets"]).apply(DOCUMENT)
    assert repr(DOCUMENT) == before

# SPDX-License-Identifier: GPL-2.0-only
"""Outcomes of media packets as columns."""

from __future__ import annotations

import numpy as np

from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.media import MediaPacket
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.tables.opened import Outcome, Outcomes, outcome
from perc_scapy.wire import EktField, Ohb

DATAGRAM = Datagram(1, 0.0, Address("a", 1), Address("b", 2), b"\x80" + bytes(20))


def media(**opened: object) -> MediaPacket:
    return MediaPacket(DATAGRAM, "rtp", None, False, OpenedMedia(**opened))


def test_a_closed_packet_says_why() -> None:
    found = outcome(media(problem="no keys"), lambda _: "")
    assert found == Outcome(None, None, None, False, False, False, False, problem="no keys")


def test_an_intermediary_that_changed_all() -> None:
    found = outcome(
        media(
            plain=bytes(12),
            ohb=Ohb(0, 65535, False),
            ekt=EktField(b"", 2),
            spi=0,
            epoch=3,
            key_id="x",
        ),
        lambda _: "",
    )
    assert (found.original_payload_type, found.original_sequence) == (0, 65535)
    assert found.original_marker is False
    assert (found.ekt_type, found.opened, found.problem) == (2, True, None)


def test_rows_take_their_outcome_and_others_are_null() -> None:
    kinds = [Outcome("A", True, opened=True, spi=0, key_id="k"), Outcome("B", False, problem="p")]
    which = np.array([1, -1, 0, 1], np.int32)
    outcomes = Outcomes(kinds, which, np.array([-1, -1, 160, 0]))
    assert outcomes.of(1) is None
    assert outcomes.of(3) is kinds[1]
    outcomes.add(1, Outcome("C"))
    columns = {name: array.to_pylist() for name, array in outcomes.columns().items()}
    assert columns["association"] == ["B", "C", "A", "B"]
    assert columns["from_endpoint"] == [False, None, True, False]
    assert columns["opened"] == [None, None, True, None]
    assert columns["spi"] == [None, None, 0, None]
    assert columns["key_id"] == [None, None, "k", None]
    assert columns["problem"] == ["p", None, None, "p"]
    assert columns["plain_length"] == [None, None, 160, 0]

# SPDX-License-Identifier: GPL-2.0-only
"""A capture as lanes of what was said."""

from __future__ import annotations

from perc_scapy.compare.talk import lanes
from tests.capture.golden_captures import golden
from tests.explain.forge import conference


def test_lanes_of_a_conference() -> None:
    names = [lane.name for lane in lanes(conference())]
    assert names[:4] == [
        "tunnel 1: handshake",
        "tunnel 1: messages",
        "A: handshake",
        "B: handshake",
    ]
    assert {"rtp of A, A to MDD", "rtp of A, MDD to B"} <= set(names)


def test_handshake_in_order_with_fields() -> None:
    handshake = next(lane for lane in lanes(conference()) if lane.name == "A: handshake")
    kinds = [item.kind for item in handshake.items]
    assert kinds[0] == "A: client_hello"
    assert kinds.index("KMF: server_hello") < kinds.index("KMF: ekt_key")
    assert handshake.items[0].tree["body"]["layer"] == "DTLSClientHello"
    assert handshake.first == handshake.items[0].packet


def test_repeated_flights_are_said_once() -> None:
    quiet = next(x for x in lanes(conference("session-setup-2")) if x.name == "tunnel 1: messages")
    lossy = next(x for x in lanes(conference("loss")) if x.name == "tunnel 1: messages")
    two = [item.kind for item in quiet.items]
    assert [item.kind for item in lossy.items][: len(two)] == two


def test_what_stays_closed_is_compared_all_the_same() -> None:
    names = [lane.name for lane in lanes(golden("no-keys"))]
    assert names[:3] == ["A: handshake", "B: handshake", "closed DTLS 1: handshake"]

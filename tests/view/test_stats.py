# SPDX-License-Identifier: GPL-2.0-only
"""Figures of a conference that was made by hand."""

import json

from perc_scapy.capture.analysis import Analysis
from perc_scapy.view import stats
from perc_scapy.view.stats import Statistics, statistics
from tests.capture.handmade import k, three_flows

TALK = three_flows()
FIGURES = statistics(Analysis(TALK.trace, TALK.keylog())).to_json()


def test_the_capture() -> None:
    assert FIGURES["capture"]["packets"] == len(TALK.trace)
    assert FIGURES["capture"]["reports"] == 1
    json.dumps(FIGURES)


def test_streams_on_every_hop() -> None:
    streams = {(row["hop"], row["ssrc"]): row for row in FIGURES["streams"]}
    assert set(streams) == {
        *((f"{name}>MDD", f"{0x1000 + ord(name):08x}") for name in "ABC"),
        *(
            (f"MDD>{to}", f"{0x1000 + ord(name):08x}")
            for name in "ABC"
            for to in "ABC"
            if to != name
        ),
    }
    sent = streams["A>MDD", "00001041"]
    assert (sent["packets"], sent["lost"], sent["opened"], sent["closed"]) == (9, 0, 9, 0)
    assert len(sent["keys"]) == 2


def test_keys_and_rekeys() -> None:
    by_sender = {(row["association"], row["spi"]): row for row in FIGURES["keys"]}
    assert set(by_sender) == {("A", 1), ("B", 1), ("A", 2), ("B", 2), ("C", 2)}
    assert {(row["association"], row["spi"]) for row in FIGURES["rekeys"]} == {("A", 2), ("B", 2)}
    for row in FIGURES["rekeys"]:
        assert row["packet"] == by_sender[row["association"], 2]["first_packet"]
        assert row["old_key"] == by_sender[row["association"], 1]["key_id"]


def test_cadence() -> None:
    for row in FIGURES["ekt"]:
        stream = next(
            s for s in FIGURES["streams"] if (s["hop"], s["ssrc"]) == (row["hop"], row["ssrc"])
        )
        assert row["full"] + row["short"] == stream["packets"]
        assert row["shortest_interval"] <= row["mean_interval"] <= row["longest_interval"]


def test_no_key_octets() -> None:
    text = json.dumps(FIGURES)
    assert bytes(k(1).key).hex() not in text
    assert k(1).key.id in text


def test_streams_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(stats, "MAX_STREAMS", 2)
    analysis = Analysis(TALK.trace, TALK.keylog())
    found = Statistics(analysis)
    for media in analysis.media:
        found.add(media)
    figures = found.to_json()
    assert len(figures["streams"]) == 2
    assert figures["capture"]["streams_left_out"] > 0

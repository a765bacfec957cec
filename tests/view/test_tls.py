# SPDX-License-Identifier: GPL-2.0-only
"""A tunnel over TLS as packets: segments, records, messages at the packet that completed them."""

from __future__ import annotations

from functools import cache

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import open_capture
from perc_scapy.view.association_stats import tunnel_rows
from perc_scapy.view.packets import PacketView, PacketViewer
from tests.project.tree import ROOT

NAMES = ["rfc9185-tls12", "rfc9185-tls13"]


@cache
def read(name: str) -> tuple[Analysis, list[PacketView]]:
    folder = ROOT / "captures" / name
    with open_capture(folder / "trace.pcapng") as reader:
        frames = list(reader)
    analysis = Analysis(payloads(frames), Keyring.of([folder / "secrets.keylog"]))
    viewer = PacketViewer(analysis)
    return analysis, [viewer.view(frame) for frame in frames]


@pytest.mark.parametrize("name", NAMES)
def test_every_message_is_at_its_packet(name: str) -> None:
    analysis, views = read(name)
    (tunnel,) = analysis.tunnels
    wanted = [(seen.packet, seen.raw) for seen in tunnel.messages]
    shown = [(v.number, p.data) for v in views for p in v.parts if p.protocol == "perc_tunnel"]
    assert sorted(shown) == sorted(wanted)
    assert {v.place.hop for v in views if "perc_tunnel" in v.protocols} == {"MDD>KMF", "KMF>MDD"}
    assert any("[rfc9185: PERC tunnel MEDIA_KEYS" in v.summary for v in views)
    assert {"A", "B", "C"} <= {v.place.association for v in views if "perc_tunnel" in v.protocols}


@pytest.mark.parametrize("name", NAMES)
def test_records_are_found_in_their_segment(name: str) -> None:
    _, views = read(name)
    placed = 0
    for view in views:
        view.locate()
        for part in view.parts:
            if part.protocol == "tls" and part.offset is not None:
                placed += 1
                assert view.frame.data[part.offset : part.offset + len(part.data)] == part.data
    assert placed > 30


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_handshake_is_faulty(name: str) -> None:
    analysis, views = read(name)
    assert not [e for v in views for e in v.expert if e.severity == "error"]
    (row,) = tunnel_rows(analysis)
    assert row["transport"] == name[8:12] + "." + name[-1]
    assert row["result"] in ("established", "closed")
    opened = " ".join(v.summary for v in views)
    assert "[TLS FINISHED]" in opened


def test_segments() -> None:
    _, views = read(NAMES[0])
    assert views[0].summary.startswith("TCP SYN seq ")
    assert views[0].protocols == ["ip", "tcp"]

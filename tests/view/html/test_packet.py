# SPDX-License-Identifier: GPL-2.0-only
"""Which octets a row marks."""

from __future__ import annotations

import re

from perc_scapy.view.html import packet as packet_module
from perc_scapy.view.html.packet import packet_html, packets_html
from perc_scapy.view.packets import PacketView
from perc_scapy.view.parts import opaque
from tests.capture.handmade import three_flows
from tests.view.test_packets import views_of

VIEW = views_of(three_flows())[0]


def test_rows_mark_their_octets() -> None:
    shown = packet_html(VIEW)
    rows = re.findall(r'class="row r(\d+)[^>]*><span class="at">([^<]*)</span>', shown)
    marked = {}
    for marks, cells in re.findall(r'<span class="((?:b\d+ )+l\d+)">([^<]*)</span>', shown):
        if re.fullmatch("[0-9a-f]{2}( [0-9a-f]{2})*", cells):
            for mark in re.findall(r"b(\d+)", marks):
                marked[mark] = marked.get(mark, 0) + len(cells.split())
    for number, place in rows:
        first, _, last = place.partition("..")
        length = int(last or first) - int(first) + 1 if first else 0
        # Two characters of the text column may look like hex: never fewer octets than the row has.
        assert marked.get(number, 0) >= length > 0 or not length, (number, place)


def test_large_packets_are_bounded(monkeypatch) -> None:
    view = PacketView(1, 0.0, "", "", [], [opaque("data", bytes(60000), "x")])
    assert len(packet_html(view)) < 800_000
    assert "… 55904 more octets" in packet_html(view)
    monkeypatch.setattr(packet_module, "MARKS", 2)
    assert 'class="row r1' in packet_html(VIEW)
    assert 'class="row r2' not in packet_html(VIEW)
    monkeypatch.setattr(packet_module, "LISTED", 3)
    assert packets_html([VIEW] * 9).count("<tr>") == 1 + 3 + 1

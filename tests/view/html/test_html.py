# SPDX-License-Identifier: GPL-2.0-only
"""Pages of a conference: everything from the capture is text, nothing runs, no key octets."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.steps import Section, Step, Story
from perc_scapy.capture.story import Storyteller
from perc_scapy.view import html
from perc_scapy.view.association_stats import association_rows
from perc_scapy.view.expert import Expert
from perc_scapy.view.packets import PacketView, view_all
from perc_scapy.view.parts import opaque
from perc_scapy.view.stats import statistics
from perc_scapy.view.whereabouts import Place, Whereabouts
from tests.capture.handmade import k, three_flows
from tests.view.test_packets import frames_of

TALK = three_flows()
ANALYSIS = Analysis(TALK.trace, TALK.keylog())
HOSTILE = "</div><script>alert('x')</script><img src=x onerror=\"y\">&\x1b[2J\u202e"
VOID = {"meta", "br", "img"}


class Reader(HTMLParser):
    """Checks that elements close in order, and collects elements, attributes and text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@cache
def views() -> list[PacketView]:
    return list(view_all(ANALYSIS, frames_of(TALK)))


def fragments() -> dict[str, str]:
    return {
        "packet": html.packet_html(views()[16]),
        "packets": html.packets_html(views()),
        "stats": html.stats_html(statistics(ANALYSIS).to_json()),
        "associations": html.associations_html(association_rows(ANALYSIS, Whereabouts(ANALYSIS))),
        "ladder": html.ladder_html(Storyteller(ANALYSIS).story()),
    }


@pytest.mark.parametrize("name", list(fragments()))
def test_well_formed_without_scripts_and_self_contained(name: str) -> None:
    document = html.page(name, fragments()[name])
    reader = Reader(document)
    assert "script" not in reader.seen
    assert not [a for a in reader.attributes if a.startswith("on") or a in ("src", "href")]
    assert "url(" not in re.sub(r"url\(#tip\)", "", document)
    assert "default-src 'none'" in document


def test_every_packet_can_be_shown() -> None:
    for view in views():
        Reader(view._repr_html_())
        assert view._repr_mimebundle_().keys() == {"text/plain", "text/html"}
        assert view.summary in str(view)


def test_no_key_octets() -> None:
    secrets = [bytes(key).hex() for key in (k(1).key, k(1).salt, k(2).key)]
    secrets += [bytes(p.keys.client.outer().key).hex() for p in TALK.people.values()]
    shown = "".join([*fragments().values(), *(v._repr_html_() for v in views())])
    hexadecimal = re.sub(r"<[^>]*>|\s", "", shown)
    assert not [s for s in secrets if s in hexadecimal]
    opened = "".join(html.packet_html(v, secrets=True) for v in views())
    assert secrets[0] in re.sub(r"<[^>]*>|\s", "", opened)


def test_hostile_text_stays_text() -> None:
    view = PacketView(
        1, 0.0, HOSTILE, HOSTILE, [HOSTILE], [opaque("data", HOSTILE.encode(), HOSTILE)]
    )
    view.expert.append(Expert("error", HOSTILE))
    view.place = Place(HOSTILE, HOSTILE)
    story = Story(["A", "B"], [Section(HOSTILE, [Step("", "A", "B", HOSTILE, 1, [HOSTILE])])])
    figures = statistics(ANALYSIS).to_json()
    figures["associations"][0]["endpoint"] = HOSTILE
    for made in (html.packet_html(view), html.packets_html([view]), html.table_html([HOSTILE], [[HOSTILE]]),
                 html.stats_html(figures), html.page(HOSTILE), html.ladder_html(story)):  # fmt: skip
        reader = Reader(made)
        assert not reader.seen & {"script", "img"}
        assert "alert('x')" in "".join(reader.words)
    assert "\x1b" not in html.packet_html(view)

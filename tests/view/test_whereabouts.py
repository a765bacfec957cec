# SPDX-License-Identifier: GPL-2.0-only
"""Every packet of a conference belongs to somebody, on a hop."""

from collections import Counter

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.view.whereabouts import NOWHERE, Whereabouts
from tests.capture.golden_captures import golden
from tests.capture.handmade import Address, three_flows


def test_letters_and_hops() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    places, media = Whereabouts(analysis), {m.number: m for m in analysis.media}
    found = Counter(places.of(d, media.get(d.number)) for d in talk.trace)
    hops = {f"{a}>MDD" for a in "ABC"} | {f"MDD>{a}" for a in "ABC"} | {"MDD>KMF", "KMF>MDD"}
    assert {place.hop for place in found} == hops
    assert {place.association for place in found} == {"", "A", "B", "C"}
    for person, address in ((p, t.address) for p, t in talk.people.items()):
        sent = [d for d in talk.trace if d.src == address]
        assert {places.of(d, media.get(d.number)) for d in sent} == {(person, f"{person}>MDD")}


def test_nobody() -> None:
    talk = three_flows()
    places = Whereabouts(Analysis([], KeyLog()))
    assert places.of(talk.trace[0], None) == NOWHERE
    stranger = talk.trace[0]
    stranger.src = Address("10.9.9.9", 9)
    assert places.of(stranger, None) == NOWHERE


def test_what_stays_closed_has_a_hop_and_no_letter() -> None:
    analysis = golden("no-keys")
    places = Whereabouts(analysis)
    first, answer = (places.of(d, None) for d in analysis.datagrams[:2])
    assert (first, answer) == (("", "client>server"), ("", "server>client"))
    assert places.owner(analysis.datagrams[0], None) is analysis.associations[0]

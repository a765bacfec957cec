# SPDX-License-Identifier: GPL-2.0-only
"""What is inside a DTLS packet, in order from the outside in."""

from scapy.packet import Raw

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import ContentType
from perc_scapy.layers import TunnelMessage
from perc_scapy.view.insides import Insides, plaintext_layer, tunnel_part
from tests.capture.handmade import HandmadeConference, k


def names(talk: HandmadeConference, keylog: KeyLog) -> list[list[str]]:
    insides = Insides(Analysis(talk.trace, keylog))
    return [[p.layer.__name__ for p in insides.of(d.number)] for d in talk.trace]


def test_from_the_outside_in() -> None:
    talk = HandmadeConference(mtu=250)
    talk.join("A", k(1))
    found = names(talk, talk.keylog())
    assert ["DTLSTunnelMessage", "DTLSHandshakes"] in found
    assert any("DTLSHandshake" in row for row in found)  # put together from fragments
    assert set(map(tuple, names(talk, KeyLog()))) <= {(), ("DTLSHandshake",)}


def test_layers_of_plaintexts() -> None:
    assert plaintext_layer(ContentType.ALERT).__name__ == "DTLSAlert"
    assert plaintext_layer(99) is Raw
    assert tunnel_part("rfc9185", b"").layer is TunnelMessage

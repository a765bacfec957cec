# SPDX-License-Identifier: GPL-2.0-only
"""Names and values of a packet."""

import json

from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.bind import load_stun
from perc_scapy.view.fields import flatten, layers_in
from perc_scapy.view.packets import PacketView, other_part
from perc_scapy.view.parts import Part
from tests.capture.handmade import k, three_flows
from tests.view.test_packets import views_of


def test_values_in_the_order_of_the_layers() -> None:
    view = next(
        v for v in views_of(three_flows()) if "EKT_KEY" in v.summary and "tunnel" in v.summary
    )
    found = flatten(view)
    assert found["dtls.record.type"] == [23, 22]  # the tunnel's record, and the one in the message
    assert found["dtls.ekt_key.ekt_spi"] == [1]
    assert found["dtls.ekt_key.ekt_key_value"] == ["<16 octets, hidden>"]
    assert flatten(view, secrets=True)["dtls.ekt_key.ekt_key_value"] == [bytes(k(1).key).hex()]
    assert found["tunnel.body"] == ["Empty"]
    assert found["dtls.handshake.body"] == ["DTLSEKTKey"]
    assert found["perc.hop"] == ["KMF>MDD"]
    assert {"dtls", "dtls.record", "tunnel", "dtls.handshake", "dtls.ekt_key"} <= layers_in(view)
    json.dumps(found)


def test_what_is_malformed_stands_as_octets() -> None:
    view = PacketView(
        1, 0.0, "", "", [], [Part("perc_tunnel", DTLSTunnelMessage, b"\1\0" + b"\7" * 9)]
    )
    assert flatten(view)["tunnel.association_id"] == ["07" * 9]


def test_stun() -> None:
    stun = bytes(load_stun()(stun_message_type=1))
    found = flatten(PacketView(1, 0.0, "", "", [], [other_part(stun)]))
    assert found["stun.stun_message_type"] == [1]

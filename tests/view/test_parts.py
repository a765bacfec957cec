# SPDX-License-Identifier: GPL-2.0-only
"""How a part is summed up."""

from perc_scapy.layers import TunnelMessage
from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.dtls import DTLS, DTLSACK
from perc_scapy.layers.rtp import RTP
from perc_scapy.view.parts import Part, has_notes, opaque


def test_brackets_mean_decrypted() -> None:
    ack = DTLSACK, b"\0\0"
    assert Part("dtls", *ack, decrypted=True).summary.startswith("[ACK")
    assert Part("dtls", *ack).summary.startswith("ACK")
    again = Part("dtls", *ack, decrypted=True, note="reassembled")
    assert again.summary.startswith("[reassembled: ")
    assert Part("dtls", *ack, decrypted=True).to_json()["decrypted"] is True
    assert "decrypted" not in Part("dtls", *ack).to_json()


def test_an_ohb_is_told_when_something_was_changed() -> None:
    plain = bytes(20) + b"\0"
    changed = bytes(20) + b"\x0f\x12\x34\x03"
    assert Part("srtp", DoublePlaintext, plain, decrypted=True).summary == ""
    assert Part("srtp", DoublePlaintext, changed, decrypted=True).summary == "[OHB pt 15, seq 4660]"


def test_rtp() -> None:
    packet = b"\x80\x00\x00\x05" + bytes(8) + b"abc"
    assert Part("rtp", RTP, packet, decrypted=True).summary == "[RTP seq 5, 3 octets of payload]"


def test_faults_and_octets_without_a_layer() -> None:
    assert Part("dtls", DTLS, b"\x16\xfe").faults()
    part = opaque("data", b"\xff", "1 octets")
    assert (part.protocol, part.summary, part.faults()) == ("data", "1 octets", [])
    assert part.to_json()["load"] == "ff"


def test_well_formed_octets_get_remarks_only_where_rules_make_some() -> None:
    odd = b"\x05\x00\x10" + bytes(16)  # a disconnect of an association id that is no version 4 UUID
    part = Part("perc_tunnel", TunnelMessage, odd, decrypted=True)
    assert part.well_formed
    assert [(f.severity, "UUID" in f.text) for f in part.faults()] == [("note", True)]
    assert has_notes(TunnelMessage)
    assert not has_notes(RTP)


def test_a_malformed_part_is_dissected_all_the_same() -> None:
    part = Part("dtls", DTLS, b"\x16\xfe\xfd\0\0")
    assert not part.well_formed
    assert part.tree()["records"][0]["type"] == 22
    assert {f.severity for f in part.faults()} == {"error"}

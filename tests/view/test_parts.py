# SPDX-License-Identifier: GPL-2.0-only
"""How a part is summed up."""

from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.dtls import DTLS, dissect_plaintext
from perc_scapy.layers.rtp import RTP
from perc_scapy.view.parts import Part, opaque


def test_brackets_mean_decrypted() -> None:
    ack = dissect_plaintext(26, b"\0\0")
    assert Part("dtls", ack, decrypted=True).summary.startswith("[ACK")
    assert Part("dtls", ack).summary.startswith("ACK")
    assert Part("dtls", ack, decrypted=True, note="reassembled").summary.startswith(
        "[reassembled: "
    )
    assert Part("dtls", ack, decrypted=True).to_json()["decrypted"] is True
    assert "decrypted" not in Part("dtls", ack).to_json()


def test_an_ohb_is_told_when_something_was_changed() -> None:
    plain = DoublePlaintext(bytes(20) + b"\0")
    changed = DoublePlaintext(bytes(20) + b"\x0f\x12\x34\x03")
    assert Part("srtp", plain, decrypted=True).summary == ""
    assert Part("srtp", changed, decrypted=True).summary == "[OHB pt 15, seq 4660]"


def test_rtp() -> None:
    packet = RTP(b"\x80\x00\x00\x05" + bytes(8) + b"abc")
    assert Part("rtp", packet, decrypted=True).summary == "[RTP seq 5, 3 octets of payload]"


def test_faults_and_octets_without_a_layer() -> None:
    assert Part("dtls", DTLS(b"\x16\xfe")).faults()
    part = opaque("DATA", b"\xff", "1 octets")
    assert (part.protocol, part.summary, part.faults()) == ("data", "1 octets", [])
    assert part.to_json()["load"] == "ff"

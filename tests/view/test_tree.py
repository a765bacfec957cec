# SPDX-License-Identifier: GPL-2.0-only
"""Every field on a line, faults in sight, keys hidden."""

from perc_scapy.layers.dtls import DTLS
from perc_scapy.view.expert import Expert
from perc_scapy.view.packets import PacketView
from perc_scapy.view.parts import Part, opaque
from perc_scapy.view.style import Style
from perc_scapy.view.tree import tree
from tests.capture.handmade import k, three_flows
from tests.view.test_packets import views_of

HELLO = "16feff000000000000000000170300000b000000000000000bfeff080102030405060708"


def test_a_tree() -> None:
    view = PacketView(
        1,
        0.0,
        "a",
        "b",
        ["dtls"],
        [Part("dtls", DTLS, bytes.fromhex(HELLO))],
        [Expert("error", "odd")],
    )
    assert list(tree(view, Style())) == [
        "    DTLS",
        "         0..35  records[0]: DTLSRecord",
        "             0    type = 22 (HANDSHAKE)",
        "          1..2    version = 65279 (DTLS_1_0)",
        "          3..4    epoch = 0",
        "         5..10    sequence_number = 0",
        "        11..12    length = 23",
        "        13..35    content: DTLS10Handshakes",
        "        13..35      messages[0]: DTLS10Handshake",
        "            13        msg_type = 3 (HELLO_VERIFY_REQUEST)",
        "        14..16        length = 11",
        "        17..18        message_seq = 0",
        "        19..21        fragment_offset = 0",
        "        22..24        fragment_length = 11",
        "        25..35        body: DTLSHelloVerifyRequest",
        "        25..26          version = 65279 (DTLS_1_0)",
        "        27..35          cookie = 0102030405060708",
        "    ! error: odd",
    ]


def test_long_values_are_cut() -> None:
    view = PacketView(1, 0.0, "a", "b", [], [opaque("data", bytes(500), "x")])
    lines = list(tree(view, Style(unicode=False)))
    assert lines[1].endswith("0~")
    assert len(lines[1]) <= 120


def test_a_conference_without_a_key() -> None:
    text = "\n".join(line for view in views_of(three_flows()) for line in tree(view, Style()))
    assert "DTLSEKTKey" in text
    assert "(decrypted)" in text
    assert bytes(k(1).key).hex() not in text


def test_octets_of_a_part_in_the_frame() -> None:
    view = views_of(three_flows())[0]
    lines = list(tree(view, Style()))
    assert lines[0].startswith("    DTLS (octets 28..")
    assert lines[2].split() == ["0", "28", "type", "=", "22", "(HANDSHAKE)"]

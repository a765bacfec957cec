# SPDX-License-Identifier: GPL-2.0-only
"""Octets in lines, keys covered."""

import re

from perc_scapy.view.hexdump import hexdump, packet_dump
from tests.capture.handmade import k, three_flows
from tests.view.test_packets import views_of


def test_lines() -> None:
    assert list(hexdump(b"perc\0\xff" + bytes(11))) == [
        "0000  70 65 72 63 00 ff 00 00  00 00 00 00 00 00 00 00  perc............",
        "0010  00                                                .",
    ]
    assert list(hexdump(b"")) == []


def test_covered_octets() -> None:
    (line,) = hexdump(b"secret!", [range(6)])
    assert line.startswith("0000  -- -- -- -- -- -- 21")
    assert line.endswith("------!")


def test_no_key_octets_in_any_dump() -> None:
    talk = three_flows()
    keys = [p.keys.client.outer().key for p in talk.people.values()] + [k(1).key, k(2).key]

    def octets(*, secrets: bool) -> bytes:
        lines = [line for v in views_of(talk) for line in packet_dump(v, secrets=secrets)]
        cells = [line[6:54].split() for line in lines if re.match("[0-9a-f]{4}  ", line)]
        return b"".join(bytes(int(c, 16) for c in row if c != "--") for row in cells)

    assert not [key.id for key in keys if bytes(key) in octets(secrets=False)]
    shown = octets(secrets=True)
    assert all(bytes(key) in shown for key in keys)


def test_every_part_has_its_dump() -> None:
    view = next(
        v for v in views_of(three_flows()) if "OHB" not in v.summary and "[RTP" in v.summary
    )
    heads = [line for line in packet_dump(view) if line.endswith(":")]
    assert [head.split(" (")[0] for head in heads] == ["Frame", "DoublePlaintext", "RTP"]

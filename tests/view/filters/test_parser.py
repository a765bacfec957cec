# SPDX-License-Identifier: GPL-2.0-only
"""Order of operators, on packets that are nothing but a table; and words without sense never break the parser."""

import random

import pytest

from perc_scapy.view.filters.errors import FilterError
from perc_scapy.view.filters.parser import LAYERS, Parser

PACKET = {
    "frame.number": [3],
    "rtp.ssrc": [1, 2],
    LAYERS: ["rtp"],
    "perc.decrypted": [],
    "udp.port": [7, 9],
}


def says(text: str) -> bool:
    return Parser(text).parse()(lambda name: PACKET.get(name, []))


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("rtp", True), ("rtcp", False), ("not rtcp and rtp", True), ("not (rtcp or rtp)", False),
        ("rtp or rtp and rtcp", True), ("frame.number eq 3", True), ("frame.number ne 3", False),
        ("frame.number lt 4 and frame.number gt 2", True), ("rtp.ssrc == 2", True), ("rtp.ssrc > 1", True),
        ("rtp.ssrc != 2", False), ("rtp.ssrc != 5", True), ("tunnel.type != 5", False), ("perc.decrypted", False),
        ("rtp.ssrc == frame.number", False), ("rtp.ssrc < frame.number", True), ("rtp.ssrc != frame.number", True),
        ("tunnel.type != frame.number", False), ("count(rtp.ssrc) == 2", True), ("udp.port in {1, 8..9}", True),
    ],
)  # fmt: skip
def test_meaning(text: str, truth: bool) -> None:
    assert says(text) is truth


def test_words_in_any_order_are_read_or_refused() -> None:
    words = ["rtp.ssrc", "rtp", "and", "or", "not", "(", ")", "==", "!=", "in", "{", "}", "..", ",", "1", '"x"',
             "[0:2]", "len", "count", "matches", "contains", "ip.src", "10.0.0.0/8", "<"]  # fmt: skip
    dice, read = random.Random(3), 0
    for _ in range(4000):
        text = " ".join(dice.choices(words, k=dice.randrange(1, 9)))
        try:
            says(text)
            read += 1
        except FilterError:
            continue
    assert read > 50

# SPDX-License-Identifier: GPL-2.0-only
"""Media as layers, as far as keys go."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.media import own_keys
from perc_scapy.view.media_parts import MediaParts, forms_of
from tests.capture.handmade import Address, three_flows


def names(media) -> list[str]:
    return [part.layer.__name__ for part in MediaParts().of(media)]


def test_all_layers_with_keys() -> None:
    talk = three_flows()
    media = Analysis(talk.trace, talk.keylog()).media
    opened = [m for m in media if m.rtp is not None]
    assert names(opened[0]) == ["DoubleSRTP", "DoublePlaintext", "RTP"]
    assert names(media[-1]) == ["SRTCP", "RTCP"]
    strict = Analysis(talk.trace, talk.keylog()).read_media(own_keys)
    closed = next(m for m in strict if m.kind == "rtp" and m.rtp is None)
    assert names(closed) == ["DoubleSRTP", "DoublePlaintext"]


def test_without_keys_the_wire_only() -> None:
    talk = three_flows()
    media = Analysis(talk.trace, KeyLog()).media
    assert names(media[0]) == ["DoubleSRTP"]
    assert names(media[-1]) == ["SRTCP"]


def test_without_an_association_nothing_is_guessed() -> None:
    talk = three_flows()
    stranger = Address("10.0.0.1", 1)
    talk.seen(stranger, Address("10.0.0.2", 2), b"\x80\x00" + bytes(60))
    assert names(Analysis(talk.trace, talk.keylog()).media[-1]) == ["SRTP"]


@pytest.mark.parametrize(
    ("profile", "ekt", "layer"),
    [(None, False, "SRTP"), (7, False, "SRTPAEAD"), (1, False, "SRTPHMAC80"), (2, True, "SRTPHMAC32EKT"),
     (7, True, "SRTPEKT"), (9, True, "DoubleSRTP"), (9, False, "SRTPAEAD")],
)  # fmt: skip
def test_forms(profile: int | None, ekt: bool, layer: str) -> None:
    assert forms_of(profile, ekt).srtp.__name__ == layer
    assert forms_of(profile, ekt).double == (profile == 9)

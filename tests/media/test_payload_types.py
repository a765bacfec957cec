# SPDX-License-Identifier: GPL-2.0-only
"""Codecs by what a user says and by what payloads look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import ConfigError
from perc_scapy.media.payload_types import CLOCKS, ENOUGH, guess, parse_payload
from perc_scapy.media.sequencer import RtpPayload
from tests.media.ffmpeg import payloads


@pytest.mark.tool("ffmpeg")
@pytest.mark.parametrize("codec", ["opus", "H264", "VP8"])
def test_what_ffmpeg_sends_is_recognised_by_its_first_packets(codec: str) -> None:
    assert guess(payloads(codec)[:ENOUGH]) == codec
    assert guess(payloads(codec)) == codec


def packets(*data: bytes, step: int = 160) -> list[RtpPayload]:
    return [RtpPayload(n, n * step, 97, False, d, 0) for n, d in enumerate(data)]


def test_what_is_none_of_these_is_not_guessed() -> None:
    assert guess([]) is None
    assert guess(packets(*[bytes(160)] * 20)) is None
    assert guess(packets(*[b"speech of A ".ljust(160, b".")] * 20)) is None
    assert guess(packets(b"\xf8\xff" * 3, step=960)) is None  # one packet proves nothing
    for letter in b"AEGeg":  # what some of these would be as the first octet of H.264
        assert guess(packets(*[bytes((letter,)) + b" speaks"] * 20)) is None


def test_opus_is_known_by_its_clock() -> None:
    """All octets are well-formed Opus of some length: timestamps must go on as the packets say."""
    same = [b"\xf8abc"] * 10
    assert guess(packets(*same, step=960)) == "opus"
    assert guess(packets(*same, step=480)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("111=opus", (111, "opus")), ("96=h264/90000", (96, "H264")), ("0=PCMU", (0, "PCMU")),
     ("111=OPUS/48000/2", (111, "opus")), ("127=vp8", (127, "VP8"))],
)  # fmt: skip
def test_what_a_user_says(text: str, expected: tuple[int, str]) -> None:
    assert parse_payload(text) == expected


@pytest.mark.parametrize(
    "text", ["", "96", "x=opus", "128=opus", "-1=opus", "96=AV1", "96=opus/8000", "96="]
)
def test_what_a_user_cannot_mean(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_payload(text)


@given(st.lists(st.binary(max_size=12), max_size=12), st.sampled_from((0, 160, 960)))
def test_nothing_raises(data: list[bytes], step: int) -> None:
    assert guess(packets(*data, step=step)) in (None, *CLOCKS)

# SPDX-License-Identifier: GPL-2.0-only
"""One stream: payload types told apart, codecs found when there is enough to see, bounds."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.plain.streams import MAX_TYPES, MAX_UNDECIDED, Stream

OPUS = b"\xf8abc"


class Files:
    """New files in memory."""

    def __init__(self) -> None:
        self.made: list[io.BytesIO] = []

    def __call__(self):
        self.made.append(io.BytesIO())
        return Path(f"{len(self.made)}.part"), self.made[-1]


def rtp(
    sequence: int, payload: bytes, *, kind: int = 111, step: int = 960, padding: bytes = b""
) -> bytes:
    first = 0x80 | (0x20 if padding else 0)
    head = bytes((first, kind)) + (sequence & 0xFFFF).to_bytes(2, "big")
    return head + (step * sequence & 0xFFFFFFFF).to_bytes(4, "big") + bytes(4) + payload + padding


def stream(codecs: dict[int, str] | None = None) -> tuple[Stream, Files]:
    files = Files()
    return Stream(7, codecs or {}, files), files


def test_static_types_need_no_guess() -> None:
    found, files = stream()
    found.add(rtp(1, bytes(160), kind=0))
    found.add(rtp(2, bytes(160), kind=8))
    assert [output.codec for output in found.outputs.values()] == ["PCMU", "PCMA"]
    assert len(files.made) == 2


def test_a_codec_is_found_when_there_is_enough_to_see_and_nothing_before_is_lost() -> None:
    found, _ = stream()
    for n in range(30):
        found.add(rtp(n, OPUS))
        assert (found.outputs[111].file is None) == (n < 11)
    assert found.outputs[111].close()
    assert found.outputs[111].file.seconds == 30 * 0.02


def test_a_short_stream_is_judged_at_its_end() -> None:
    found, _ = stream()
    for n in range(6):
        found.add(rtp(n, OPUS))
    found.finish()
    assert found.outputs[111].close()
    assert found.outputs[111].codec == "opus"


def test_what_the_user_says_comes_first() -> None:
    found, _ = stream({111: "H264"})
    found.add(rtp(0, b"\x67sps"))
    assert found.outputs[111].codec == "H264"


def test_what_is_never_told_is_counted_and_bounded() -> None:
    found, files = stream()
    for n in range(3 * MAX_UNDECIDED):
        found.add(rtp(n, b"?" * 9))
    (output,) = found.outputs.values()
    assert len(output._undecided) == MAX_UNDECIDED
    assert (output.close(), output.dropped, output.part, files.made) == (
        False,
        3 * MAX_UNDECIDED,
        None,
        [],
    )


def test_a_static_type_without_files_is_named() -> None:
    found, _ = stream()
    found.add(rtp(0, bytes(20), kind=18))
    output = found.outputs[18]
    assert (output.codec, output.close(), output.dropped) == ("G729", False, 1)


def test_padding_is_no_payload() -> None:
    found, files = stream()
    found.add(rtp(0, b"\xff" * 160, kind=0, padding=b"\0\0\0\4"))
    found.add(rtp(1, b"", kind=0, padding=b"\1"))  # a probe
    found.outputs[0].file.close()
    assert len(files.made[0].getvalue()) == 44 + 320
    assert found.packets == 1


def test_malformed_packets_are_counted() -> None:
    found, _ = stream()
    for packet in (b"", bytes(12), rtp(0, b"x")[:11], rtp(0, b"x", padding=b"\x09")):
        found.add(packet)
    assert (found.malformed, found.packets) == (4, 0)


def test_payload_types_are_bounded() -> None:
    found, _ = stream()
    for kind in range(128):
        found.add(rtp(kind, b"x", kind=kind))
    assert len(found.outputs) == MAX_TYPES


@given(st.lists(st.binary(min_size=10, max_size=40).map(lambda d: b"\x80" + d), max_size=40))
def test_nothing_raises(packets: list[bytes]) -> None:
    found, _ = stream()
    for packet in packets:
        found.add(packet)
    found.finish()
    for output in found.outputs.values():
        output.close()
        output.abandon()

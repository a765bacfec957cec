# SPDX-License-Identifier: GPL-2.0-only
"""Media files out of RTP that ffmpeg sent, judged by ffprobe: the same packets, frames and pictures."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.media import files
from perc_scapy.media.files import FILES, OpusFile, Vp8File, WavFile
from perc_scapy.media.g711 import PCMU
from perc_scapy.media.sequencer import RtpPayload, Sequencer
from perc_scapy.media.wav import decode_wav
from tests.media.ffmpeg import encoded, packet_hashes, payloads, probe, run

ffmpeg = pytest.mark.tool("ffmpeg", "ffprobe")


def made(codec: str, packets: list[RtpPayload], folder: Path) -> Path:
    path = folder / "made"
    with path.open("w+b") as stream:
        file = FILES[codec](stream, 0xDEADBEEF, codec)
        for packet in packets:
            file.add(packet)
        assert file.close()
    return path.replace(path.with_suffix(file.suffix))


@ffmpeg
@pytest.mark.parametrize("codec", ["opus", "VP8"])
def test_the_same_packets_as_in_the_file_that_was_sent(codec: str, tmp_path: Path) -> None:
    path = made(codec, payloads(codec), tmp_path)
    assert packet_hashes(path) == packet_hashes(encoded(codec))
    assert probe(path, "codec_name") == [codec.lower()]


@ffmpeg
def test_the_same_pictures_of_h264(tmp_path: Path) -> None:
    path = made("H264", payloads("H264"), tmp_path)
    assert probe(path, "codec_name", "width", "height", "nb_read_frames") == [
        "h264",
        "320",
        "240",
        "10",
    ]
    sums = [
        [line.split()[-1] for line in run("ffmpeg", "-v", "error", "-i", p, "-f", "framemd5", "-").splitlines()
         if not line.startswith("#")]
        for p in (path, encoded("H264"))
    ]  # fmt: skip
    assert sums[0] == sums[1]
    assert len(sums[0]) == 10


@ffmpeg
def test_lengths(tmp_path: Path) -> None:
    assert probe(made("VP8", payloads("VP8"), tmp_path), "width", "nb_read_frames") == ["320", "10"]
    (seconds,) = probe(made("opus", payloads("opus"), tmp_path), "duration")
    assert 0.98 < float(seconds) < 1.03


@ffmpeg
def test_a_gap_in_opus_is_as_long_as_what_was_lost(tmp_path: Path) -> None:
    whole = made("opus", payloads("opus"), tmp_path)
    (expected,) = probe(whole, "duration")
    holes = made("opus", payloads("opus", frozenset(range(10, 30))), tmp_path)
    assert probe(holes, "duration") == [expected]
    assert len(packet_hashes(holes)) == len(packet_hashes(encoded("opus")))
    run("ffmpeg", "-v", "error", "-xerror", "-i", holes, "-f", "null", "-")


@ffmpeg
@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_frames_with_holes_are_left_out(codec: str, tmp_path: Path) -> None:
    packets = payloads(codec)
    last = max(p.sequence for p in packets) - packets[0].sequence
    holes = payloads(codec, frozenset({last // 2, last // 2 + 3}))
    path = made(codec, holes, tmp_path)
    (frames,) = probe(path, "nb_read_frames")
    assert 5 <= int(frames) < 10


def test_wav_is_placed_by_timestamps(tmp_path: Path) -> None:
    tone = PCMU.encode(range(0, 8000, 50))
    packets = [RtpPayload(n, (1 << 32) + 160 * n, 0, False, tone, 0) for n in (0, 1, 3)]
    audio = decode_wav(made("PCMU", packets, tmp_path).read_bytes())
    assert audio.samples == PCMU.decode(tone * 2 + b"\xff" * 160 + tone)
    assert audio.rate == 8000


def test_a_long_gap_of_opus_is_cut() -> None:
    stream = io.BytesIO()
    file = OpusFile(stream, 1, "opus")
    for timestamp in (0, 960, 3600 * 48000, 3600 * 48000 + 960, 500):  # the last one goes back
        file.add(RtpPayload(0, timestamp, 111, False, b"\xf8\xff", 0))
    assert file.close()
    assert file.seconds == 5 * 0.02 + 10
    assert file.dropped == 0


def test_vp8_waits_for_a_key_frame() -> None:
    file = Vp8File(io.BytesIO(), 1, "VP8")
    file.add(RtpPayload(0, 0, 96, True, b"\x10\x01" + bytes(20), 0))
    assert not file.close()
    assert (file.dropped, file.seconds) == (1, 0.0)


@pytest.mark.parametrize("codec", FILES)
def test_nothing_in_nothing_out(codec: str) -> None:
    stream = io.BytesIO()
    file = FILES[codec](stream, 1, codec)
    file.add(RtpPayload(0, 0, 0, False, b"", 0))
    assert not file.close()
    assert (file.dropped, stream.getvalue()) == (1, b"")


RTP = st.tuples(
    st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans(), st.binary(max_size=60)
)
NEAR = st.tuples(st.integers(0, 20), st.integers(0, 9000), st.booleans(), st.binary(max_size=60))


@pytest.mark.parametrize("codec", FILES)
@given(packets=st.lists(RTP | NEAR, max_size=30))
def test_hostile_payloads_never_raise(
    codec: str, packets: list[tuple[int, int, bool, bytes]]
) -> None:
    before, files.LONGEST_FILL = files.LONGEST_FILL, 48000
    try:
        stream = io.BytesIO()
        file, sequencer = FILES[codec](stream, 1, codec), Sequencer()
        for sequence, timestamp, marker, data in packets:
            for payload in sequencer.add(sequence, timestamp, 96, marker, data):
                file.add(payload)
        for payload in sequencer.finish():
            file.add(payload)
        assert file.close() or not stream.getvalue()
        assert file.seconds >= 0
    finally:
        files.LONGEST_FILL = before


def test_an_unknown_law_is_no_wav() -> None:
    file = WavFile(io.BytesIO(), 1, "G722")
    file.add(RtpPayload(0, 0, 9, False, b"x", 0))
    assert not file.close()

# SPDX-License-Identifier: GPL-2.0-only
"""WAV files: the stated formats, against the standard library's writer and ffmpeg's."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import wave
from array import array

import pytest

from perc_scapy.errors import DecodeError
from perc_scapy.media.g711 import PCMA, PCMU
from perc_scapy.media.wav import Audio, decode_wav, encode_wav, resample

RAMP = array("h", range(-32768, 32768, 97))
FFMPEG = shutil.which("ffmpeg")


def written(width: int, channels: int, frames: bytes, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(frames)
    return out.getvalue()


def test_what_is_written_is_read_by_the_standard_library():
    with wave.open(io.BytesIO(encode_wav(RAMP, 8000))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.readframes(file.getnframes()) == RAMP.tobytes()


def test_round_trip():
    audio = decode_wav(encode_wav(RAMP, 8000))
    assert audio == Audio(RAMP, 8000)
    assert audio.seconds == len(RAMP) / 8000


def test_8_bit_is_unsigned():
    assert list(decode_wav(written(1, 1, b"\x00\x80\xff")).samples) == [-32768, 0, 32512]


def test_24_and_32_bit_keep_their_upper_16_bits():
    deep = b"".join(struct.pack("<i", sample << 16 | 0x7FFF)[1:] for sample in RAMP)
    assert decode_wav(written(3, 1, deep)).samples == RAMP
    deeper = b"".join(struct.pack("<i", sample << 16 | 0x7FFF) for sample in RAMP)
    assert decode_wav(written(4, 1, deeper)).samples == RAMP


def test_stereo_is_mixed_down_by_averaging():
    frames = array("h", [100, 300, -32768, -32768, 32767, 32767]).tobytes()
    assert list(decode_wav(written(2, 2, frames)).samples) == [200, -32768, 32767]


@pytest.mark.tool("ffmpeg")
@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("codec", ["pcm_mulaw", "pcm_alaw", "pcm_s16le", "pcm_s24le", "pcm_s32le"])
def test_ffmpeg_wavs_are_read(codec, tmp_path):
    source, target = tmp_path / "a.wav", tmp_path / "b.wav"
    source.write_bytes(encode_wav(RAMP, 8000))
    subprocess.run(
        [FFMPEG, "-v", "error", "-i", source, "-c:a", codec, target], check=True, timeout=30
    )
    heard = decode_wav(target.read_bytes()).samples
    law = {"pcm_mulaw": PCMU, "pcm_alaw": PCMA}.get(codec)
    if law is None:
        assert heard == RAMP
    else:
        with_theirs = [abs(a - b) for a, b in zip(heard, RAMP, strict=True)]
        assert max(with_theirs) <= 1024
        assert set(heard) <= set(law.decode(bytes(range(256))))


def test_a_pipe_leaves_wrong_sizes_and_is_read_all_the_same():
    data = bytearray(encode_wav(RAMP, 8000))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert decode_wav(bytes(data)).samples == RAMP


def test_unknown_chunks_are_skipped_with_their_padding():
    data = encode_wav(RAMP, 8000)
    odd = data[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + data[12:]
    assert decode_wav(odd).samples == RAMP


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: b"", "RIFF"),
        (lambda d: b"OggS" + d[4:], "RIFF"),
        (lambda d: d[:12], "fmt"),
        (lambda d: d[:12] + b"fmt \4\0\0\0" + d[20:24] + d[36:], "fmt"),
        (lambda d: d[:36], "data"),
        (lambda d: d[:20] + b"\x03\0" + d[22:], "format 3"),
        (lambda d: d[:22] + b"\0\0" + d[24:], "0 channels"),
        (lambda d: d[:24] + bytes(4) + d[28:], "0 samples"),
        (lambda d: d[:34] + b"\x0c\0" + d[36:], "12 bits"),
    ],
)
def test_what_is_no_wav_is_refused_by_name(damage, says):
    with pytest.raises(DecodeError, match=says):
        decode_wav(damage(encode_wav(RAMP, 8000)))


def test_every_truncation_is_audio_or_a_decode_error():
    data = encode_wav(RAMP[:20], 8000)
    read = 0
    for length in range(len(data)):
        try:
            read += len(decode_wav(data[:length]).samples) >= 0
        except DecodeError:
            assert length < 44
    assert read == len(data) - 44


def test_the_same_rate_is_untouched_and_others_keep_level_and_length():
    audio = Audio(RAMP, 8000)
    assert resample(audio, 8000).samples is RAMP
    constant = Audio(array("h", [1234] * 4800), 48000)
    assert resample(constant, 8000) == Audio(array("h", [1234] * 800), 8000)
    assert resample(Audio(array("h", [0, 100]), 4000), 8000).samples == array(
        "h", [0, 50, 100, 100]
    )
    assert len(resample(Audio(array("h", [5] * 44100), 44100), 8000).samples) == 8000
    assert resample(Audio(array("h"), 44100), 8000) == Audio(array("h"), 8000)

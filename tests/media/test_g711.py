# SPDX-License-Identifier: GPL-2.0-only
"""G.711 against two strangers: ffmpeg and the standard library of older Pythons."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from array import array

import pytest

from perc_scapy.media.g711 import CODECS, PCMA, PCMU, codec_named, round_trip

ALL = bytes(range(256))
EVERY_SAMPLE = array("h", range(-32768, 32768))
FFMPEG = shutil.which("ffmpeg")


def ffmpeg(data: bytes, source: str, target: str) -> bytes:
    command = [FFMPEG, "-v", "error", "-f", source, "-ar", "8000", "-ac", "1", "-i", "-"]
    return subprocess.run(
        [*command, "-f", target, "-"], input=data, capture_output=True, check=True, timeout=30
    ).stdout


def audioop():
    if sys.version_info >= (3, 13):
        pytest.skip("Python 3.13 has no audioop")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import audioop
    return audioop


@pytest.mark.tool("ffmpeg")
@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(("codec", "name"), [(PCMU, "mulaw"), (PCMA, "alaw")])
def test_every_octet_decodes_as_ffmpeg_decodes_it(codec, name):
    assert codec.decode(ALL).tobytes() == ffmpeg(ALL, name, "s16le")


@pytest.mark.tool("ffmpeg")
@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(("codec", "name"), [(PCMU, "mulaw"), (PCMA, "alaw")])
def test_every_sample_is_encoded_within_one_step_of_ffmpeg(codec, name):
    # ffmpeg rounds to the nearest value, G.711 has decision values: they part at segment edges only.
    theirs = ffmpeg(EVERY_SAMPLE.tobytes(), "s16le", name)
    ours = codec.encode(EVERY_SAMPLE)
    differ = [i for i in range(65536) if ours[i] != theirs[i]]
    assert len(differ) < 65536 * 0.05
    ladder = sorted(set(codec.decode(ALL)))
    for index in differ:
        a, b = codec.decode(bytes((ours[index], theirs[index])))
        assert abs(ladder.index(a) - ladder.index(b)) <= 1


@pytest.mark.parametrize(("codec", "law"), [(PCMU, "ulaw"), (PCMA, "alaw")])
def test_the_domain_of_the_recommendation_equals_the_standard_library(codec, law):
    module = audioop()
    assert codec.decode(ALL).tobytes() == getattr(module, f"{law}2lin")(ALL, 2)
    coarse = array("h", range(-32768, 32768, 8 if law == "alaw" else 4))
    assert codec.encode(coarse) == getattr(module, f"lin2{law}")(coarse.tobytes(), 2)


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_decoded_values_are_fixed_points(codec):
    again = codec.encode(codec.decode(ALL))
    assert [octet for octet in range(256) if again[octet] != octet] in ([], [0x7F])
    assert codec.decode(again) == codec.decode(ALL)
    assert round_trip(codec, round_trip(codec, EVERY_SAMPLE)) == round_trip(codec, EVERY_SAMPLE)


@pytest.mark.parametrize("codec", [PCMU, PCMA])
def test_error_is_bounded_by_half_a_step(codec):
    heard = round_trip(codec, EVERY_SAMPLE)
    for sample, value in zip(EVERY_SAMPLE, heard, strict=True):
        assert abs(sample - value) <= max(
            8, abs(sample) // 16 + 4, 0 if abs(sample) < 32124 else 644
        )


def test_silence_and_the_table_of_payload_types():
    assert PCMU.decode(bytes((PCMU.silence,)))[0] == 0
    assert PCMA.decode(bytes((PCMA.silence,)))[0] == 8
    assert CODECS[0] is PCMU
    assert CODECS[8] is PCMA
    assert codec_named("pcma") is PCMA
    assert codec_named("opus") is None

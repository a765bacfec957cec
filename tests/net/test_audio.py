# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io
import json
import wave
from array import array

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.media.recorder import Recorder
from perc_scapy.media.wav import decode_wav, encode_wav
from perc_scapy.net.audio import load_audio, prepare_folder, write_recordings


def test_any_rate_and_channels_become_8000_mono(tmp_path):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(array("h", [600, 1000] * 48000).tobytes())
    (tmp_path / "a.wav").write_bytes(out.getvalue())
    assert load_audio(tmp_path / "a.wav") == array("h", [800] * 8000)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"hello", r"a\.wav: WAV: not a RIFF"), (encode_wav(array("h"), 8000), "no audio in it")],
)
def test_what_cannot_be_sent_is_named(tmp_path, content, says):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ConfigError, match=says):
        load_audio(tmp_path / "a.wav")
    with pytest.raises(ConfigError, match=r"b\.wav: No such file"):
        load_audio(tmp_path / "b.wav")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file/x: Not a directory"):
        prepare_folder(tmp_path / "file" / "x")
    assert prepare_folder(tmp_path / "a" / "b").is_dir()


def test_one_wav_and_one_json_for_each_sender(tmp_path):
    recorder = Recorder()
    for ssrc in (1, 0xCAFEBABE):
        recorder.add(ssrc, 0, 100, b"\xff" * 160)
    recorder.add(1, 0, 420, b"\xff" * 160)
    written = write_recordings(recorder, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "00000001.json", "00000001.wav", "cafebabe.json", "cafebabe.wav",
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    sidecar = json.loads((tmp_path / "00000001.json").read_text())
    assert sidecar["gaps"] == [[160, 160]]
    assert written[0] == {**sidecar, "wav": str(tmp_path / "00000001.wav")}
    assert len(decode_wav((tmp_path / "00000001.wav").read_bytes()).samples) == 480

# SPDX-License-Identifier: GPL-2.0-only
"""Audio files of an endpoint: what it sends, and what it heard."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

from perc_scapy.errors import ConfigError, DecodeError
from perc_scapy.media.g711 import RATE
from perc_scapy.media.recorder import Recorder, Track
from perc_scapy.media.wav import decode_wav, encode_wav, resample
from perc_scapy.net.values import read
from perc_scapy.pcap.private import write_private


def load_audio(path: Path) -> array[int]:
    """Samples of a WAV file at 8000 a second. Raises `ConfigError`."""
    try:
        audio = decode_wav(read(path))
    except DecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not audio.samples:
        raise ConfigError(f"{path}: no audio in it")
    return resample(audio, RATE).samples


def prepare_folder(path: Path) -> Path:
    """Make the folder for recordings now, so that a mistake shows before the call. Raises `ConfigError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ConfigError(f"{path} is a file, not a folder; choose another name") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    return path


def write_recordings(recorder: Recorder, folder: Path) -> list[dict[str, object]]:
    """One WAV and one JSON file for each sender heard, both 0600: they hold what end-to-end encryption kept secret.

    Returns what the JSON files hold, with the WAV's path. Raises `ConfigError`, `OSError`.
    """
    return [_write(track, folder) for track in recorder.tracks.values()]


def _write(track: Track, folder: Path) -> dict[str, object]:
    wav = folder / f"{track.ssrc:08x}.wav"
    write_private(wav, encode_wav(track.samples, RATE))
    sidecar = track.sidecar()
    write_private(wav.with_suffix(".json"), json.dumps(sidecar).encode() + b"\n")
    return {**sidecar, "wav": str(wav)}

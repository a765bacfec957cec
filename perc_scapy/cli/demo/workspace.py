# SPDX-License-Identifier: GPL-2.0-only
"""What the demo's processes need: throwaway certificates, configurations, and a voice for each participant."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

from perc_scapy.capture.participants import letter
from perc_scapy.dtls.identity import Identity
from perc_scapy.media.g711 import RATE
from perc_scapy.media.speech import speech
from perc_scapy.media.wav import encode_wav
from perc_scapy.pcap.private import write_private

CONFERENCE = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
VOICE_SECONDS = 3.0
"""Length of a participant's audio, which it repeats."""
KEY_CHANGE_DELAY = 0.5
"""Seconds between a new EKT key and sending under it: short, since the demo wants to see it happen."""


class Workspace:
    """A private folder. `names` are A, B, C …"""

    def __init__(self, folder: Path, participants: int) -> None:
        self.folder = folder
        self.names = [letter(index) for index in range(participants)]
        self.fingerprints: dict[str, str] = {}
        self.voices: dict[str, array[int]] = {}
        for name in ("kmf", "mdd", *self.names):
            self._identity(name)
        for seed, name in enumerate(self.names, 1):
            self.voices[name] = speech(VOICE_SECONDS, seed)
            self._write(f"{name}.wav", encode_wav(self.voices[name], RATE))

    def path(self, name: str) -> Path:
        return self.folder / name

    def heard(self, listener: str) -> Path:
        """Where a participant records."""
        return self.path(f"heard-{listener}")

    def _write(self, name: str, data: bytes | str) -> Path:
        path = self.path(name)
        write_private(path, data.encode() if isinstance(data, str) else data)
        return path

    def _identity(self, name: str) -> None:
        identity = Identity.generate(name)
        self.fingerprints[name] = identity.fingerprint
        self._write(f"{name}.pem", identity.certificate_pem())
        self._write(f"{name}.key", identity.private_key_pem())

    # -- configurations

    def kmf_config(self) -> Path:
        """Every participant is a member. Nobody's leaving re-keys: at the end all leave."""
        lines = [
            'listen = "127.0.0.1:0"',
            *_own("kmf"),
            "[[conference]]",
            f'id = "{CONFERENCE}"',
            'name = "demo"',
            'mdds = ["mdd.pem"]',
            "rekey_on_join = 2",
            "rekey_on_leave = false",
        ]
        for name in self.names:
            lines += ["[[conference.member]]", f'name = "{name}"', f'fingerprint = "{name}.pem"']
        return self._write("kmf.toml", "\n".join(lines) + "\n")

    def mdd_config(self, kmf: str) -> Path:
        """`kmf`: HOST:PORT of its tunnel listener."""
        lines = [
            *_own("mdd"),
            "[[conference]]",
            f'id = "{CONFERENCE}"',
            'name = "demo"',
            'listen = "127.0.0.1:0"',
            f"kmf = {json.dumps(kmf)}",
            'kmf_fingerprint = "kmf.pem"',
        ]
        return self._write("mdd.toml", "\n".join(lines) + "\n")

    def endpoint_config(self, name: str, mdd: str) -> Path:
        """`mdd`: HOST:PORT of the conference."""
        lines = [
            f"mdd = {json.dumps(mdd)}",
            *_own(name),
            'kmf_fingerprint = "kmf.pem"',
            f'send = "{name}.wav"',
            "loop = true",
            f'record = "{self.heard(name).name}"',
            f"key_change_delay = {KEY_CHANGE_DELAY}",
            "report_interval = 1.0",
        ]
        return self._write(f"{name}.toml", "\n".join(lines) + "\n")


def _own(name: str) -> list[str]:
    return [f'certificate = "{name}.pem"', f'private_key = "{name}.key"']

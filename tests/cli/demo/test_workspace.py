# SPDX-License-Identifier: GPL-2.0-only
"""What the processes are given is what they accept."""

from pathlib import Path

import pytest

from perc_scapy.cli.demo.workspace import Workspace
from perc_scapy.media.wav import decode_wav
from perc_scapy.net.config import load_endpoint, load_kmf, load_mdd


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("work"), 3)


def test_configurations_load(work: Workspace) -> None:
    (conference,) = load_kmf(work.kmf_config()).role.conferences
    assert [m.name for m in conference.members] == ["A", "B", "C"]
    assert [m.fingerprint for m in conference.members] == [work.fingerprints[n] for n in "ABC"]
    assert conference.rekey_on_join == 2
    (served,) = load_mdd(work.mdd_config("127.0.0.1:5")).role.conferences
    assert served.id == conference.id
    settings = load_endpoint(work.endpoint_config("B", "127.0.0.1:6"))
    assert settings.role.identity.fingerprint == work.fingerprints["B"]
    assert settings.record == work.heard("B")


def test_voices_differ_and_are_in_the_files(work: Workspace) -> None:
    assert len({bytes(voice) for voice in work.voices.values()}) == 3
    for name, voice in work.voices.items():
        assert decode_wav(work.path(f"{name}.wav").read_bytes()).samples == voice


def test_nobody_else_reads_the_keys(work: Workspace) -> None:
    keys: list[Path] = sorted(work.folder.glob("*.key"))
    assert len(keys) == 5
    keys += work.folder.glob("*.wav")
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}

# SPDX-License-Identifier: GPL-2.0-only
"""The judgement on a capture that is known: it passes when all is right, and says what is not."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from perc_scapy.capture.steps import Check
from perc_scapy.cli.demo.verdict import _teller, judge
from perc_scapy.media.g711 import PCMU
from perc_scapy.media.packetizer import Packetizer
from perc_scapy.media.speech import speech
from perc_scapy.media.wav import encode_wav
from tests.capture.handmade import HandmadeConference, k
from tests.dtls.pairs import identity

VOICES = {name: speech(0.2, seed) for seed, name in enumerate("AB", 1)}
FRAMES = 8


def conference() -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    packets = {name: Packetizer(voice, loop=True) for name, voice in VOICES.items()}
    for _ in range(FRAMES):
        for name in "AB":
            talk.say(name, packets[name].next_frame().payload)
    return talk


@pytest.fixture
def work(tmp_path: Path) -> SimpleNamespace:
    """A workspace whose recordings are right."""
    for listener, sender in (("A", "B"), ("B", "A")):
        folder = tmp_path / f"heard-{listener}"
        folder.mkdir()
        packets = Packetizer(VOICES[sender], loop=True)
        octets = b"".join(packets.next_frame().payload for _ in range(FRAMES))
        wav = folder / f"{0x1000 + ord(sender):08x}.wav"
        wav.write_bytes(encode_wav(PCMU.decode(octets), 8000))
    (tmp_path / "results").mkdir()
    return SimpleNamespace(
        folder=tmp_path,
        results=tmp_path / "results",
        names=["A", "B"],
        voices=VOICES,
        fingerprints={name: identity(name).fingerprint for name in "AB"},
        heard=lambda name: tmp_path / f"heard-{name}",
    )


def judged(talk: HandmadeConference, work: SimpleNamespace, cut: int = 0):
    trace = work.results / "trace.pcapng"
    data = talk.pcapng()
    trace.write_bytes(data[: len(data) - cut])
    return judge(trace, work.results, work)


def faults(story) -> list[str]:
    return [check.name for check in story.checks if not check.ok]


def test_all_is_right(work: SimpleNamespace) -> None:
    story = judged(conference(), work)
    assert story.passed, faults(story)
    assert sorted(p.name for p in work.results.glob("*.wav")) == ["A-B.wav", "B-A.wav"]
    assert {p.stat().st_mode & 0o777 for p in work.results.glob("*.wav")} == {0o600}


def test_a_trace_that_breaks_off(work: SimpleNamespace) -> None:
    assert "the trace is whole" in faults(judged(conference(), work, cut=7))


def test_somebody_else(work: SimpleNamespace) -> None:
    work.fingerprints["B"] = "sha-256:" + "0" * 64
    assert faults(judged(conference(), work)) == ["participants are who they should be"]


def test_a_recording_that_is_not_what_was_said(work: SimpleNamespace) -> None:
    (work.heard("A") / "00001042.wav").write_bytes(encode_wav(VOICES["A"], 8000))
    assert faults(judged(conference(), work)) == ["A hears B"]


def test_a_recording_that_is_missing(work: SimpleNamespace) -> None:
    (work.heard("B") / "00001041.wav").unlink()
    story = judged(conference(), work)
    assert faults(story) == ["B hears A"]


def test_participants_that_never_came_are_steps_not_seen(work: SimpleNamespace) -> None:
    work.names = ["A", "B", "C"]
    work.fingerprints["C"], work.voices = "x", {**VOICES, "C": VOICES["A"]}
    story = judged(conference(), work)
    assert not story.passed
    assert len([step for step in story.steps() if not step.seen]) == 16


def test_slow_checks_are_told_by_name(
    work: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perc_scapy.cli.demo.verdict.SILENCE", 0.0)
    said: list[str] = []
    tell = _teller(said.append)
    tell(Check("joiners cannot open the past", True))
    assert said == ["checked: joiners cannot open the past"]
    monkeypatch.setattr("perc_scapy.cli.demo.verdict.SILENCE", 3600.0)
    tell(Check("another", True))
    assert len(said) == 1

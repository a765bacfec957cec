# SPDX-License-Identifier: GPL-2.0-only
"""The sample-for-sample comparison finds every kind of difference."""

from array import array
from pathlib import Path

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.participants import find_participants
from perc_scapy.cli.demo.audio import Delivery, check_recording, deliveries
from perc_scapy.media.g711 import PCMU
from perc_scapy.media.packetizer import Packetizer
from perc_scapy.media.speech import speech
from perc_scapy.media.wav import encode_wav
from tests.capture.handmade import HandmadeConference, k

VOICE = speech(0.09, 3)
"""Four and a half frames, repeated."""


def conversation(frames: int = 12) -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    packets = Packetizer(VOICE, loop=True)
    for _ in range(frames):
        talk.say("A", packets.next_frame().payload)
    return talk


def delivery_of(talk: HandmadeConference) -> Delivery | None:
    analysis = Analysis(talk.trace, talk.keylog())
    people = find_participants(analysis)
    return next(d for s, r, d in deliveries(analysis, people) if (s.letter, r.letter) == ("A", "B"))


def recording(start: int, frames: int) -> array:
    packets = Packetizer(VOICE, loop=True)
    octets = b"".join(packets.next_frame().payload for _ in range(start + frames))
    return PCMU.decode(octets)[160 * start :]


def outcome(tmp_path: Path, samples: array, delivery: Delivery | None) -> str:
    wav = tmp_path / "A-B.wav"
    wav.write_bytes(encode_wav(samples, 8000))
    check = check_recording("B hears A", wav, VOICE, delivery)
    return f"{check.ok} {check.detail}"


def test_the_whole_of_it_over_the_end_of_the_voice(tmp_path: Path) -> None:
    talk = conversation()
    found = delivery_of(talk)
    assert (found.start, found.length, found.whole) == (0, 12 * 160, True)
    text = outcome(tmp_path, recording(0, 12), found)
    assert text == f"True 1920 samples equal, from packet {found.packets[0].number} on"


def test_a_listener_that_joined_late_is_aligned_by_rtp_time(tmp_path: Path) -> None:
    talk = conversation()
    b = talk.people["B"].address
    first = [d.number for d in talk.trace if d.dst == b and d.data[0] == 0x80][:2]
    talk.trace = [d for d in talk.trace if d.number not in first]
    found = delivery_of(talk)
    assert found.start == 320
    assert outcome(tmp_path, recording(2, 10), found).startswith("True")
    assert outcome(tmp_path, recording(0, 10), found).startswith("False sample")


def test_what_came_before_its_ekt_key_could_not_be_heard(tmp_path: Path) -> None:
    """The KMF serves one endpoint after the other, and who has the key may speak at once."""
    talk = HandmadeConference()
    talk.join("A", k(2))
    talk.join("B", k(1))
    packets = Packetizer(VOICE, loop=True)
    talk.say("A", packets.next_frame().payload)
    talk.give("B", k(2))
    for _ in range(8):
        talk.now += 0.02
        talk.say("A", packets.next_frame().payload)
    found = delivery_of(talk)
    assert (found.start, found.length, found.whole) == (160, 8 * 160, True)
    assert outcome(tmp_path, recording(1, 8), found).startswith("True 1280")


@pytest.mark.parametrize(
    ("start", "frames", "text"),
    [
        (0, 11, "False 1760 samples recorded, 1920 delivered"),
        (0, 13, "False 2080"),
        (1, 11, "False 1760"),
    ],
)
def test_too_little_and_too_much(tmp_path: Path, start: int, frames: int, text: str) -> None:
    assert outcome(tmp_path, recording(start, frames), delivery_of(conversation())).startswith(text)


def test_one_wrong_sample(tmp_path: Path) -> None:
    samples = recording(0, 12)
    samples[777] += 8
    assert outcome(tmp_path, samples, delivery_of(conversation())) == "False sample 777 differs"


def test_a_gap_in_the_capture(tmp_path: Path) -> None:
    talk = conversation()
    b = talk.people["B"].address
    lost = [d.number for d in talk.trace if d.dst == b and d.data[0] == 0x80][5]
    talk.trace = [d for d in talk.trace if d.number != lost]
    assert "frames are missing" in outcome(tmp_path, recording(0, 12), delivery_of(talk))


def test_nothing_to_hear_and_no_recording(tmp_path: Path) -> None:
    talk = conversation(0)
    assert "nothing that could be heard" in outcome(tmp_path, recording(0, 1), delivery_of(talk))
    absent = check_recording("x", tmp_path / "absent.wav", VOICE, delivery_of(conversation()))
    assert "no recording" in absent.detail

# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import json
from array import array
from random import Random

from perc_scapy.media.g711 import PCMA, PCMU, round_trip
from perc_scapy.media.packetizer import Packetizer
from perc_scapy.media.recorder import LONGEST_SILENCE, Gap, Recorder
from perc_scapy.media.speech import speech

VOICE = speech(1.0, 3)


def frames(first: int = 5000):
    packets = Packetizer(VOICE, first_timestamp=first)
    return [packets.next_frame() for _ in range(len(packets))]


def record(recorder: Recorder, some, ssrc: int = 0xCAFEBABE) -> None:
    for frame in some:
        recorder.add(ssrc, 0, frame.timestamp, frame.payload)


def test_a_whole_recording_is_the_g711_round_trip():
    recorder = Recorder()
    record(recorder, frames())
    track = recorder.tracks[0xCAFEBABE]
    assert track.samples == round_trip(PCMU, VOICE)
    assert track.gaps == []
    assert track.first_timestamp == 5000


def test_order_duplicates_and_a_wrapping_timestamp_change_nothing():
    mixed = frames(2**32 - 800) * 2
    Random(1).shuffle(mixed)
    recorder = Recorder()
    record(recorder, mixed)
    track = recorder.tracks[0xCAFEBABE]
    assert track.samples == round_trip(PCMU, VOICE)
    assert track.first_timestamp == 2**32 - 800
    assert (track.frames, track.duplicates, track.dropped) == (50, 50, 0)


def test_lost_packets_are_silence_and_are_listed():
    sent = frames()
    recorder = Recorder()
    record(recorder, sent[:10] + sent[12:30] + sent[31:])
    track = recorder.tracks[0xCAFEBABE]
    assert track.gaps == [Gap(1600, 320), Gap(4800, 160)]
    heard, wanted = track.samples, round_trip(PCMU, VOICE)
    assert len(heard) == len(wanted)
    assert set(heard[1600:1920]) == {0}
    assert heard[1920:4800] == wanted[1920:4800]


def test_the_sidecar_places_the_wav():
    sent = frames(77)
    recorder = Recorder()
    record(recorder, sent[:2] + sent[3:4])
    assert json.loads(json.dumps(recorder.tracks[0xCAFEBABE].sidecar())) == {
        "schema": 1,
        "ssrc": 0xCAFEBABE,
        "first_timestamp": 77,
        "rate": 8000,
        "codec": "PCMU",
        "samples": 640,
        "frames": 3,
        "gaps": [[320, 160]],
        "cuts": [],
        "duplicates": 0,
        "dropped": 0,
    }


def test_a_wild_timestamp_costs_no_memory_and_does_not_lose_the_track():
    recorder = Recorder(seconds=2)
    sent = frames()
    record(recorder, sent[:1])
    assert recorder.add(0xCAFEBABE, 0, 5000 + 16000, b"\xff" * 160) is None
    assert recorder.add(0xCAFEBABE, 0, 5000 - 9000, b"\xff" * 160) is None
    assert recorder.add(0xCAFEBABE, 0, 5000 + 2**31, b"\xff" * 160) is None
    record(recorder, sent[1:])
    track = recorder.tracks[0xCAFEBABE]
    assert track.samples == round_trip(PCMU, VOICE)
    assert track.dropped == 3


def test_other_payloads_and_too_many_senders_are_ignored_and_counted():
    recorder = Recorder(senders=2)
    assert recorder.add(1, 96, 0, b"opus") is None
    assert recorder.add(1, 0, 0, b"") is None
    for ssrc in (1, 2, 3):
        recorder.add(ssrc, 0, 0, b"\xff" * 160)
    assert set(recorder.tracks) == {1, 2}
    assert recorder.ignored == 3


def test_a_sender_that_changes_its_law_stays_one_track():
    recorder = Recorder()
    recorder.add(9, 0, 0, PCMU.encode([1000] * 160))
    recorder.add(9, 8, 160, PCMA.encode([1000] * 160))
    heard = recorder.tracks[9].samples
    assert len(heard) == 320
    assert abs(heard[0] - 1000) < 32
    assert abs(heard[200] - 1000) < 64


def test_a_far_packet_does_not_make_an_hour_of_silence():
    recorder = Recorder()
    for timestamp in (0, 3000 * 8000, 160, 320, 3100 * 8000):
        assert recorder.add(1, 0, timestamp, PCMU.encode([1000] * 160)) is not None
    track = recorder.tracks[1]
    heard = track.samples
    assert len(heard) == track.sidecar()["samples"] == 5 * 160 + 2 * LONGEST_SILENCE
    assert track.gaps == [Gap(480, 3000 * 8000 - 480), Gap(3000 * 8000 + 160, 100 * 8000 - 160)]
    # Put back what was cut, and every packet is where its timestamp says.
    places = []
    for at, length in reversed(track.cuts):
        heard = heard[:at] + array("h", bytes(2 * length)) + heard[at:]
        places.append(at)
    assert places == sorted(places, reverse=True)
    assert len(heard) == 3100 * 8000 + 160
    for second in (0, 3000, 3100):
        assert 0 not in heard[second * 8000 : second * 8000 + 160]
        assert heard[second * 8000 - 1] == 0 or second == 0


def test_overlapping_payloads_keep_the_length_of_time():
    recorder = Recorder()
    for timestamp, length in ((320, 160), (0, 480), (480, 160)):
        recorder.add(1, 0, timestamp, b"\x80" * length)
    assert len(recorder.tracks[1].samples) == 640

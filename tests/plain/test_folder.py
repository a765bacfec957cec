# SPDX-License-Identifier: GPL-2.0-only
"""Media files of whole conferences, and of a plain call: which sight of a stream is taken, and how it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.streaming import StreamedCapture
from perc_scapy.media.wav import decode_wav
from perc_scapy.pcap.packets import Datagram
from perc_scapy.plain import folder as module
from perc_scapy.plain.folder import Made, MediaFolder
from perc_scapy.plain.names import Names
from tests.media.ffmpeg import encoded, packet_hashes, probe, rtp_packets
from tests.plain.talks import Recorded, conference


@pytest.fixture(scope="module")
def talk() -> Recorded:
    return conference("a", "b", "c")


def media_of(talk: Recorded, folder: Path, **options: object) -> list[Made]:
    path = folder / "in.pcapng"
    path.write_bytes(talk.pcapng())
    target = folder / "media"
    target.mkdir()
    with (
        StreamedCapture(path) as capture,
        MediaFolder(target, Names(capture.analysis), {}, **options) as media,
    ):
        for packet in capture:
            if packet.media is not None:
                media.add(packet.media)
        return media.finish()


def test_one_file_a_sender_from_its_way_in(talk: Recorded, tmp_path: Path) -> None:
    made = media_of(talk, tmp_path)
    assert [(m.sender, m.receiver, m.codec, m.packets, m.lost) for m in made] == [
        (letter, "", "PCMU", 12, 0) for letter in "ABC"
    ]
    names = sorted(p.name for p in (tmp_path / "media").iterdir())
    assert names == [f"{m.sender}-{m.ssrc:08x}.wav" for m in made]
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "media").iterdir()} == {0o600}
    assert all(m.seconds == 12 * 0.02 for m in made)


def test_every_hop_if_wanted(talk: Recorded, tmp_path: Path) -> None:
    made = media_of(talk, tmp_path, every_hop=True)
    assert len(made) == 9
    heard = {(m.sender, m.receiver) for m in made if m.receiver}
    assert heard == {(a, b) for a in "ABC" for b in "ABC" if a != b}
    audio = {m.ssrc: set() for m in made}
    for m in made:
        audio[m.ssrc].add(decode_wav(m.path.read_bytes()).samples.tobytes())
    assert {len(same) for same in audio.values()} == {1}


def test_a_stream_seen_only_on_its_way_out(talk: Recorded, tmp_path: Path) -> None:
    one_sided = Recorded(members=("a",))
    one_sided.conference.keylog = talk.conference.keylog
    into = {talk.address(node.addresses[0]) for node in talk.conference.endpoints.values()}
    one_sided.frames = [
        f for f in talk.frames if not (f[3][0] >> 6 == 2 and f[1] in into)
    ]  # what endpoints send is missing
    made = media_of(one_sided, tmp_path)
    assert len(made) == 3
    for m in made:
        assert m.sender == ""
        assert m.path.name == f"{m.ssrc:08x}-to-{m.receiver}.wav"


class Caller(Recorded):
    """A conference in which `a` sends what ffmpeg encoded."""

    def send(self, codec: str, kind: int = 96) -> None:
        node = self.conference.endpoints["a"]
        for packet in rtp_packets(codec):
            node.endpoint.send_rtp(
                packet[12:], timestamp=int.from_bytes(packet[4:8], "big"), payload_type=kind,
                marker=packet[1] > 127, now=self.conference.now,
            )  # fmt: skip
            self.conference.network.touch(node)
            self.conference.run(0.01)


@pytest.mark.tool("ffmpeg", "ffprobe")
@pytest.mark.parametrize(
    ("codec", "suffix"), [("opus", ".ogg"), ("H264", ".h264"), ("VP8", ".ivf")]
)
def test_video_and_opus_through_both_layers(codec: str, suffix: str, tmp_path: Path) -> None:
    """Encoded by ffmpeg, protected twice by an endpoint, relayed, opened from the capture: the same packets."""
    talk = Caller(members=("a", "b"))
    for name in "ab":
        talk.join(name)
    talk.send(codec)
    (made,) = media_of(talk, tmp_path)
    assert (made.sender, made.codec, made.lost, made.dropped) == ("A", codec, 0, 0)
    assert made.path.name == f"A-{made.ssrc:08x}{suffix}"
    assert 0.85 < made.seconds < 1.1
    if codec == "H264":
        assert probe(made.path, "nb_read_frames") == ["10"]
    else:
        assert packet_hashes(made.path) == packet_hashes(encoded(codec))


def test_several_payload_types_of_one_sender(tmp_path: Path) -> None:
    talk = Recorded(members=("a", "b"))
    for name in "ab":
        talk.join(name)
    node = talk.conference.endpoints["a"]
    for n in range(9):
        kind, now = (0, 8, 101)[n % 3], talk.conference.now
        node.endpoint.send_rtp(bytes(160), timestamp=160 * n, payload_type=kind, now=now)
        talk.conference.network.touch(node)
        talk.conference.run(0.02)
    made = media_of(talk, tmp_path)
    names = [m.path and m.path.name.partition("-")[2][8:] for m in made]
    assert names == [".wav", "-2.wav", None]
    assert "payload type 101; --payload 101=CODEC" in made[2].note


def test_nothing_stays_of_a_run_that_failed(talk: Recorded, tmp_path: Path) -> None:
    analysis = analysis_of(talk)
    packet = next(m for m in analysis.media if m.rtp)
    with MediaFolder(tmp_path, Names(analysis), {}) as media:
        media.add(packet)
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def analysis_of(talk: Recorded) -> Analysis:
    trace = [
        Datagram(n, time_ns / 1e9, src, dst, data)
        for n, (time_ns, src, dst, data) in enumerate(talk.frames, 1)
    ]
    return Analysis(trace, talk.keys())


def test_streams_are_bounded(talk: Recorded, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_STREAMS", 2)
    analysis = analysis_of(talk)
    with MediaFolder(tmp_path, Names(analysis), {}) as media:
        for packet in analysis.media:
            media.add(packet)
        assert len(media.finish()) <= 2
    assert media.ignored == 7 * 12

# SPDX-License-Identifier: GPL-2.0-only
"""A capture read twice tells what one held in memory tells, packet by packet."""

from __future__ import annotations

import io
import os
import stat
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from perc_scapy.capture.analysis import analyse
from perc_scapy.capture.streaming import StreamedCapture, read_once
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.reader import open_capture
from tests.capture.handmade import HandmadeConference, k, three_flows


def written(path: Path, talk: HandmadeConference) -> Path:
    path.write_bytes(talk.pcapng())
    return path


def opened(path: Path) -> dict[int, object]:
    with open_capture(path) as reader:
        return {m.number: m.opened for m in analyse(reader).media}


def test_equal_to_the_analysis_in_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pcapng", three_flows())
    with StreamedCapture(path) as capture:
        packets = list(capture)
        again = [p.media.opened for p in capture if p.media]
    whole = opened(path)
    assert [p.frame.number for p in packets] == list(range(1, capture.packets + 1))
    assert {p.frame.number: p.media.opened for p in packets if p.media} == whole
    assert list(whole.values()) == again
    assert any(o.late for o in whole.values())  # a key that came after the packets it opens
    assert all(p.datagram.number == p.frame.number for p in packets)


def test_media_are_not_kept(tmp_path: Path) -> None:
    talk = HandmadeConference()
    for name in "AB":
        talk.join(name, k(1))
    few = written(tmp_path / "few", talk)
    before = len(StreamedCapture(few).analysis.datagrams)
    for n in range(300):
        talk.say("A", b"%d" % n * 200)
    many = written(tmp_path / "many", talk)
    capture = StreamedCapture(many)
    assert (capture.packets, len(capture.analysis.datagrams)) == (len(talk.trace), before)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    peaks = []
    for packets in (400, 1200):
        for _ in range(packets):
            talk.say("A", bytes(900))
        path = written(tmp_path / str(packets), talk)
        tracemalloc.start()
        assert sum(p.media is not None and p.media.rtp is not None for p in StreamedCapture(path))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_a_pipe_is_copied_as_well(tmp_path: Path) -> None:
    pipe, data = tmp_path / "pipe", three_flows().pcapng()
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()
    assert read_once(pipe)
    with StreamedCapture(pipe) as capture:
        numbers = [packet.frame.number for packet in capture]
    writer.join(10)
    assert len(numbers) == capture.packets > 20
    assert not read_once(tmp_path)
    with pytest.raises(ConfigError, match="No such file"):
        StreamedCapture(tmp_path / "gone")


def test_standard_input_is_copied_for_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = three_flows().pcapng()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with StreamedCapture("-") as capture:
        (copy,) = tmp_path.iterdir()
        assert stat.S_IMODE(os.stat(copy).st_mode) == 0o600
        assert sum(p.media is not None and p.media.rtp is not None for p in capture)
        assert len(list(capture)) == capture.packets
    assert not list(tmp_path.iterdir())


def test_damage_and_files_that_are_none(tmp_path: Path) -> None:
    data = three_flows().pcapng()
    path = tmp_path / "cut"
    path.write_bytes(data[:-5])
    capture = StreamedCapture(path)
    assert "cut short" in capture.damage
    assert len(list(capture)) == capture.packets
    path.write_bytes(b"no capture")
    with pytest.raises(ConfigError, match="not a pcap"):
        StreamedCapture(path)
    with pytest.raises(ConfigError, match="No such file"):
        StreamedCapture(tmp_path / "none")

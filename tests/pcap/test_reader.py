# SPDX-License-Identifier: GPL-2.0-only
"""Every format gives the same packets; damage ends a capture, never the program."""

import io
import random
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.pcap.packets import datagrams
from perc_scapy.pcap.reader import CaptureReader, open_capture
from tests.capture.samples import ALL, KEY_LOG, PAYLOADS, TIME_NS, pcapng_little


def read(data: bytes) -> CaptureReader:
    return CaptureReader(io.BytesIO(data), "sample")


@pytest.mark.parametrize("name", ALL)
def test_every_format_gives_the_same_packets(name: str) -> None:
    reader = read(ALL[name])
    frames = list(reader)
    assert reader.damage is None
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert [datagram.data for datagram in datagrams(frames)] == PAYLOADS
    assert abs(frames[0].time_ns - TIME_NS) < 1000
    assert reader.secrets == ([KEY_LOG] if "pcapng" in name else [])


@pytest.mark.parametrize("name", ALL)
def test_truncation_keeps_what_stood_before(name: str) -> None:
    whole = list(read(ALL[name]))
    for length in range(4, len(ALL[name])):
        reader = read(ALL[name][:length])
        frames = list(reader)
        assert frames == whole[: len(frames)]
        complete = reader.damage is None
        assert complete or "cut short" in reader.damage or "block" in reader.damage
    assert len(frames) == 2


def test_random_damage_never_raises() -> None:
    dice = random.Random(7)
    seen = set()
    for name, data in ALL.items():
        for _ in range(300):
            broken = bytearray(data)
            for _ in range(dice.randrange(1, 6)):
                broken[dice.randrange(4, len(broken))] = dice.randrange(256)
            reader = read(bytes(broken))
            frames = list(reader)
            list(datagrams(frames))
            seen.add((name, reader.damage is None))
    assert len(seen) == 2 * len(ALL)


@pytest.mark.parametrize("data", [b"", b"abc", b"GIF89a", bytes(64)])
def test_something_else_is_no_capture(data: bytes) -> None:
    with pytest.raises(ConfigError, match="sample: not a pcap or pcapng file"):
        read(data)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        open_capture(tmp_path / "absent.pcapng")
    with pytest.raises(ConfigError, match="directory"):
        open_capture(tmp_path)


def test_a_reader_closes_its_file(tmp_path: Path) -> None:
    path = tmp_path / "t.pcapng"
    path.write_bytes(pcapng_little())
    with open_capture(path) as reader:
        assert len(list(reader)) == 3

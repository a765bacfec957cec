# SPDX-License-Identifier: GPL-2.0-only
"""Every format gives the same packets; damage ends a capture, never the program."""

import gzip
import io
import os
import random
import sys
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.pcap.packets import datagrams
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import CaptureReader, open_capture
from tests.capture.samples import ALL, KEY_LOG, PAYLOADS, TIME_NS, pcap, pcapng_little


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


def test_the_report_names_file_packet_reason_and_octet() -> None:
    data = ALL["pcap"][:-5]
    reader = read(data)
    assert (len(list(reader)), reader.packets) == (2, 2)
    assert (
        reader.report
        == f"sample: damaged after packet 2: pcap packet cut short (at octet {len(data)})"
    )
    whole = read(ALL["pcap"])
    assert (len(list(whole)), whole.report) == (3, "")


@pytest.mark.parametrize("name", ALL)
def test_gzip_is_seen_by_its_first_octets(name: str) -> None:
    reader = read(gzip.compress(ALL[name]))
    assert list(reader) == list(read(ALL[name]))
    assert reader.damage is None


def test_a_gzip_cut_anywhere_gives_whole_packets_up_to_the_cut() -> None:
    data = pcap("<", 0xA1B2C3D4, 1000)[:24] + pcap("<", 0xA1B2C3D4, 1000)[24:] * 40
    whole, packed, counts = list(read(data)), gzip.compress(data, 9), set()
    for length in range(60, len(packed)):
        reader = read(packed[:length])
        frames = list(reader)
        assert frames == whole[: len(frames)]
        assert reader.damage is not None
        assert "gzip" in reader.damage
        counts.add(len(frames))
    assert max(counts) == len(whole)


def test_a_pipe_gives_packets_before_it_ends() -> None:
    there, here = os.pipe()
    data = ALL["pcapng"]
    with open(there, "rb") as stream, open(here, "wb", buffering=0) as end:
        end.write(data[:-40])
        frames = iter(CaptureReader(stream))
        assert [next(frames).number, next(frames).number] == [1, 2]
        end.write(data[-40:])
        end.close()
        assert [frame.number for frame in frames] == [3]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (ALL["pcap ns"], gzip.compress(ALL["pcap ns"])):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        with open_capture("-") as reader:
            assert len(list(reader)) == 3
        assert not sys.stdin.buffer.closed


def test_standard_input_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ConfigError, match="standard input is closed"):
        open_capture("-")
    terminal = io.TextIOWrapper(io.BytesIO())
    terminal.buffer.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(ConfigError, match="is a terminal"):
        open_capture("-")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes.fromhex("34cdb2a1"), "a modified pcap .*editcap"),
        (bytes.fromhex("a1b2cd34"), "a modified pcap .*editcap"),
        (b"snoop\0\0\0", "a snoop file; editcap"),
        (b"\x28\xb5\x2f\xfd...", "packed with zstd; unpack it first"),
        (gzip.compress(b"GIF89a"), "not a pcap or pcapng file"),
        (gzip.compress(b"")[:6], "not a pcap or pcapng file: gzip data cut short"),
    ],
)
def test_relatives_are_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"sample: {reason}"):
        read(data)


def test_key_logs_and_other_secrets_are_kept_apart() -> None:
    stream = io.BytesIO()
    writer = PcapngWriter(stream)
    writer.secrets(KEY_LOG)
    writer.secrets(b"ssh", kind=0x5353484B)
    reader = read(stream.getvalue())
    assert list(reader) == []
    assert (reader.secrets, reader.other_secrets) == ([KEY_LOG], [(0x5353484B, b"ssh")])


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

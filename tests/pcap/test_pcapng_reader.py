# SPDX-License-Identifier: GPL-2.0-only
"""pcapng: our reader against files of Scapy and editcap, and sections that follow one another."""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from perc_scapy.pcap.pcapng import PcapngWriter, block
from perc_scapy.pcap.reader import CaptureReader, open_capture
from tests.capture.samples import KEY_LOG, pcapng_big, pcapng_little


def test_sections_restart_interfaces_and_byte_order_but_not_numbers() -> None:
    reader = CaptureReader(io.BytesIO(pcapng_little() + pcapng_big()))
    assert [frame.number for frame in reader] == [1, 2, 3, 4, 5, 6]
    assert len(reader.secrets) == 2


def test_a_packet_of_an_interface_that_is_not_described_is_damage() -> None:
    data = pcapng_little() + block(6, struct.pack("<IIIII", 3, 0, 0, 0, 0))
    reader = CaptureReader(io.BytesIO(data))
    assert len(list(reader)) == 3
    assert (
        reader.damage == f"pcapng: interface 3 is not described (at octet {len(pcapng_little())})"
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [(6, struct.pack("<IIIII", 0, 0, 0, 900, 900)), (6, b"\0" * 4), (1, b""), (10, b"\0" * 4)],
)
def test_blocks_that_contradict_themselves(kind: int, body: bytes) -> None:
    reader = CaptureReader(io.BytesIO(pcapng_little() + block(kind, body)))
    assert len(list(reader)) == 3
    assert reader.damage is not None


def test_block_lengths_must_agree() -> None:
    data = pcapng_little()
    reader = CaptureReader(io.BytesIO(data[:-4] + struct.pack("<I", 16)))
    assert len(list(reader)) == 2
    assert "block lengths differ" in (reader.damage or "")


def test_name_resolution_statistics_and_custom_blocks_are_stepped_over() -> None:
    extra = block(4, struct.pack("<HH4s4s", 1, 8, b"\1\2\3\4", b"abc\0") + bytes(4))
    extra += block(5, bytes(12)) + block(0xBAD, b"\0\0\0\1any") + block(0x40000BAD, bytes(8))
    extra += block(0x80000001, b"local") + block(9, b"journal")
    reader = CaptureReader(io.BytesIO(pcapng_little() + extra + pcapng_little()))
    assert [(frame.number, frame.interface) for frame in reader][2:4] == [(3, 0), (4, 1)]
    assert [interface.name for interface in reader.interfaces] == ["perc", "perc"]
    assert reader.damage is None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4D, 2, 0, -1), "version 2 is not known"),
        (struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4E, 1, 0, -1), "unknown byte order"),
        (struct.pack("<IIIHHq", 0x0A0D0D0A, 24, 0x1A2B3C4D, 1, 0, -1), "header of 24 octets"),
        (struct.pack("<IIIHHq", 0x0A0D0D0A, 32, 0x1A2B3C4D, 1, 0, -1), "lengths differ"),
    ],
)
def test_section_headers_that_cannot_be(header: bytes, reason: str) -> None:
    reader = CaptureReader(io.BytesIO(header + struct.pack("<I", 28) * 2))
    assert list(reader) == []
    assert reason in str(reader.damage)


def test_a_block_of_any_length_is_not_waited_for() -> None:
    data = pcapng_little() + struct.pack("<II", 6, 0xFFFFFFFC)
    reader = CaptureReader(io.BytesIO(data))
    assert len(list(reader)) == 3
    assert "of 4294967284 octets" in str(reader.damage)


def test_a_simple_packet_is_as_long_as_the_snapshot_length_allows() -> None:
    stream = io.BytesIO()
    PcapngWriter(stream, snaplen=6)
    data = stream.getvalue() + block(3, struct.pack("<I", 60) + b"abcdef")
    (frame,) = CaptureReader(io.BytesIO(data))
    assert (frame.data, frame.length) == (b"abcdef", 60)


@pytest.mark.tool("editcap")
@pytest.mark.skipif(shutil.which("editcap") is None, reason="editcap is not installed")
def test_editcap_keeps_our_secrets_and_packets(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.pcapng", tmp_path / "b.pcapng"
    ours.write_bytes(pcapng_little())
    subprocess.run(["editcap", "-F", "pcapng", ours, theirs], check=True, capture_output=True)
    with open_capture(ours) as a, open_capture(theirs) as b:
        assert [(f.time_ns, f.data) for f in a] == [(f.time_ns, f.data) for f in b]
        assert b.secrets == [KEY_LOG]


def test_secrets_without_end_are_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small gzip may unpack to any number of them, and all are kept."""
    secret = block(10, struct.pack("<II", 0x544C534B, 992) + bytes(992))
    monkeypatch.setattr("perc_scapy.pcap.pcapng_reader.MAX_SECRETS", 10_000)
    reader = CaptureReader(io.BytesIO(pcapng_little() + secret * 50))
    assert len(list(reader)) == 3
    assert "too many secrets" in str(reader.damage)
    assert 5 < len(reader.secrets) < 11

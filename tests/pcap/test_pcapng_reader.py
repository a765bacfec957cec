# SPDX-License-Identifier: GPL-2.0-only
"""pcapng: our reader against files of Scapy and editcap, and sections that follow one another."""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from perc_scapy.pcap.pcapng import block
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
    assert reader.damage == "pcapng: interface 3 is not described"


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


@pytest.mark.tool("editcap")
@pytest.mark.skipif(shutil.which("editcap") is None, reason="editcap is not installed")
def test_editcap_keeps_our_secrets_and_packets(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.pcapng", tmp_path / "b.pcapng"
    ours.write_bytes(pcapng_little())
    subprocess.run(["editcap", "-F", "pcapng", ours, theirs], check=True, capture_output=True)
    with open_capture(ours) as a, open_capture(theirs) as b:
        assert [(f.time_ns, f.data) for f in a] == [(f.time_ns, f.data) for f in b]
        assert b.secrets == [KEY_LOG]

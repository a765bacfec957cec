# SPDX-License-Identifier: GPL-2.0-only
"""Classic pcap against a writer of others."""

import io
import struct
from pathlib import Path

import pytest
from scapy.utils import RawPcapWriter

from perc_scapy.pcap.frames import Interface
from perc_scapy.pcap.reader import CaptureReader, open_capture
from tests.capture.samples import pcap


@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("endianness", ["<", ">"])
def test_files_of_scapy(tmp_path: Path, nano: bool, endianness: str) -> None:
    path = tmp_path / "s.pcap"
    with RawPcapWriter(str(path), linktype=113, nano=nano, endianness=endianness) as writer:
        writer.write_header(b"")
        writer.write_packet(b"first", sec=7, usec=8 if not nano else 9, wirelen=50)
    with open_capture(path) as reader:
        (frame,) = reader
    assert (frame.data, frame.length, frame.link_type) == (b"first", 50, 113)
    assert frame.time_ns == 7 * 10**9 + (9 if nano else 8000)


def test_fcs_bits_do_not_change_the_link_type() -> None:
    data = bytearray(pcap("<", 0xA1B2C3D4, 1000))
    data[20:24] = struct.pack("<I", 0x24000000 | 1)
    assert {frame.link_type for frame in CaptureReader(io.BytesIO(bytes(data)))} == {1}


def test_a_length_that_no_recorder_keeps_is_damage() -> None:
    data = pcap("<", 0xA1B2C3D4, 1000)
    reader = CaptureReader(io.BytesIO(data + struct.pack("<IIII", 0, 0, 0x7FFFFF, 0x7FFFFF)))
    assert len(list(reader)) == 3
    assert (
        reader.damage == f"pcap packet of 8388607 octets (longest: 262144) (at octet {len(data)})"
    )


def test_the_one_interface_has_link_type_and_snapshot_length() -> None:
    reader = CaptureReader(io.BytesIO(pcap(">", 0xA1B23C4D, 1)))
    assert [frame.interface for frame in reader] == [0, 0, 0]
    assert reader.interfaces == [Interface(101, 10**9, snaplen=65535)]

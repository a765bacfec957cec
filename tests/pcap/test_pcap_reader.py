# SPDX-License-Identifier: GPL-2.0-only
"""Classic pcap against a writer of others."""

import io
import struct
from pathlib import Path

import pytest
from scapy.utils import RawPcapWriter

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

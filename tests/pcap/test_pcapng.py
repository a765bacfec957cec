# SPDX-License-Identifier: GPL-2.0-only
"""The pcapng writer, read back by Scapy and by tshark."""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader

from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.pcapng import PcapngWriter, block

KEY_LOG = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
TIME_NS = 1_700_000_000_123_456_789


def written() -> bytes:
    stream = io.BytesIO()
    writer = PcapngWriter(stream)
    writer.secrets(KEY_LOG)
    writer.packet(TIME_NS, ip_udp(("127.0.0.1", 1000), ("127.0.0.1", 2000), b"one"))
    writer.packet(TIME_NS + 7, ip_udp(("::1", 1000), ("::1", 2000), b"three"), original_length=900)
    return stream.getvalue()


def test_blocks_are_padded_and_carry_their_length_twice() -> None:
    assert block(6, b"abcde") == struct.pack("<II", 6, 20) + b"abcde\0\0\0" + struct.pack("<I", 20)


def test_scapy_reads_packets_times_and_secrets(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcapng"
    path.write_bytes(written())
    with RawPcapNgReader(str(path)) as reader:
        packets = list(reader)
    assert [data[-3:] for data, _ in packets] == [b"one", b"ree"]
    first = packets[0][1]
    assert (first.linktype, first.tsresol) == (101, 10**9)
    assert (first.tshigh << 32) + first.tslow == TIME_NS
    assert packets[1][1].wirelen == 900


@pytest.mark.tool("tshark")
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_no_fault_in_headers_and_checksums(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcapng"
    path.write_bytes(written())
    checks = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"]
    names = ["frame.time_epoch", "udp.checksum.status", "ip.checksum.status", "udp.length"]
    wanted = [part for name in names for part in ("-e", name)]
    command = ["tshark", "-r", path, *checks, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    out = done.stdout.splitlines()
    assert out[0].split("\t") == ["1700000000.123456789", "1", "1", "11"]
    assert out[1].split("\t")[1:] == ["1", "", "13"]

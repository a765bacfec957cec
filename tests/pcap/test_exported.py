# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs: ours in Wireshark's hands, Wireshark's in ours."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.pcap.exported import (
    LINKTYPE,
    NOWHERE,
    PORT_TYPE_UDP,
    ExportedPduWriter,
    read_pdu,
)
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Address, datagram_of, datagrams
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import CaptureReader, open_capture

A4, B4 = Address("10.1.2.3", 4000), Address("10.1.2.4", 5004)
A6, B6 = Address("fe80::1", 4000), Address("fe80::2", 5004)
RTP = bytes.fromhex("8000000100000002deadbeef") + bytes(160)
HELLO_REQUEST = bytes.fromhex("16fefd0000000000000000000c000000000000000000000000")


def written() -> bytes:
    stream = io.BytesIO()
    writer = ExportedPduWriter(stream)
    writer.packet(5, "rtp", RTP, A4, B4, comment="from the MDD")
    writer.packet(6, "dtls", HELLO_REQUEST, A6, B6)
    writer.packet(7, "perc-tunnel", b"message")
    return stream.getvalue()


def test_read_back() -> None:
    frames = list(CaptureReader(io.BytesIO(written())))
    assert {frame.link_type for frame in frames} == {LINKTYPE}
    pdus = [read_pdu(frame.data) for frame in frames]
    assert [(p.protocol, p.data, p.src, p.dst) for p in pdus] == [
        ("rtp", RTP, A4, B4),
        ("dtls", HELLO_REQUEST, A6, B6),
        ("perc-tunnel", b"message", NOWHERE, NOWHERE),
    ]
    found = list(datagrams(frames))
    assert [(d.number, d.src, d.dst, d.data) for d in found] == [
        (1, A4, B4, RTP),
        (2, A6, B6, HELLO_REQUEST),
    ]


@pytest.mark.tool("tshark")
def test_tshark_dissects_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / "pdu.pcapng"
    path.write_bytes(written())
    names = ("rtp.ssrc", "dtls.record.version", "exported_pdu.prot_name", "ip.src", "frame.comment")
    command = ["tshark", "-r", path, "-T", "fields", *(p for n in names for p in ("-e", n))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0][0] == "0xdeadbeef"
    assert rows[0][4] == "from the MDD"
    assert rows[1][1] == "0xfefd"


@pytest.mark.tool("tshark")
def test_what_tshark_exports_is_read(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.pcapng", tmp_path / "b.pcapng"
    sip = b"OPTIONS sip:b@example.org SIP/2.0\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    src, dst = Address("10.0.0.1", 5060), Address("10.0.0.2", 5060)
    with ours.open("wb") as stream:
        PcapngWriter(stream).packet(1, ip_udp(src, dst, sip))
    command = ["tshark", "-r", ours, "-U", "OSI layer 7", "-w", theirs]
    subprocess.run(command, check=True, capture_output=True)
    with open_capture(theirs) as reader:
        (frame,) = reader
    assert read_pdu(frame.data) == ("sip", sip, src, dst, PORT_TYPE_UDP)
    assert datagram_of(frame) is not None


@given(st.binary(max_size=60))
def test_no_octets_raise(data: bytes) -> None:
    frame = Frame(1, 0, LINKTYPE, data, len(data))
    pdu = read_pdu(data)
    assert pdu is None or data.endswith(pdu.data)
    assert datagram_of(frame) is None or pdu is not None


def test_tags_that_run_over_the_end_are_nothing() -> None:
    whole = next(iter(CaptureReader(io.BytesIO(written())))).data
    cut = len(whole) - len(RTP)
    assert all(read_pdu(whole[:length]) is None for length in range(cut))

# SPDX-License-Identifier: GPL-2.0-only
"""Raw blocks: what goes in comes out, whatever the byte order; damage ends the reading and is told."""

from __future__ import annotations

import struct

import pytest

from perc_scapy.keys.blocks import Block, frame_of, read_blocks, secrets_block, with_frame
from perc_scapy.pcap.pcapng import DECRYPTION_SECRETS
from tests.capture import samples
from tests.keys.files import blocks, frames, reader, written

NG = [name for name in samples.ALL if name.startswith("pcapng")]


@pytest.mark.parametrize("name", NG)
def test_blocks_come_out_as_they_went_in(name: str) -> None:
    data = samples.ALL[name]
    assert b"".join(block.octets for block in blocks(data)) == data
    assert written(blocks(data)) == data  # our samples leave the section's length open


@pytest.mark.parametrize("name", samples.ALL)
def test_every_format_has_the_same_frames_as_blocks(name: str) -> None:
    data = samples.ALL[name]
    found = [frame for block in blocks(data) if (frame := frame_of(block)) is not None]
    assert found == [frame.data for frame in frames(data)]
    again = frames(written(blocks(data)))
    assert [(f.time_ns, f.data, f.link_type, f.length) for f in again] == [
        (f.time_ns, f.data, f.link_type, f.length) for f in frames(data)
    ]


def test_a_pcap_without_packets_keeps_its_link_type() -> None:
    empty = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    (_, interface) = blocks(empty)
    assert interface.body[:2] == b"\1\0"


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_damage_is_told_and_what_stands_before_it_stays(cut: int) -> None:
    data = samples.ALL["pcapng"]
    capture = reader(data[:-cut])
    found = list(read_blocks(capture))
    assert capture.damage is not None
    assert data.startswith(b"".join(block.octets for block in found))
    assert len(found) >= 4


@pytest.mark.parametrize("body", [b"", b"\0" * 19, struct.pack("<IIIII", 0, 0, 0, 99, 99)])
def test_a_packet_block_that_contradicts_itself_has_no_frame(body: bytes) -> None:
    assert frame_of(Block(6, "<", body)) is None


def test_a_section_may_no_longer_say_how_long_it_is() -> None:
    head = blocks(samples.ALL["pcapng"])[0]
    told = head._replace(body=head.body[:8] + b"\1" * 8 + head.body[16:])
    assert told.unsized() == head


@pytest.mark.parametrize("order", "<>")
def test_a_frame_and_a_secret_in_either_byte_order(order: str) -> None:
    head = struct.pack(order + "IIIII", 0, 0, 0, 5, 5)
    block = Block(6, order, head + b"abcde\0\0\0" + b"\0\1\0\1x\0\0\0")
    assert frame_of(block) == b"abcde"
    assert with_frame(block, b"vwxyz").body == head + b"vwxyz\0\0\0" + b"\0\1\0\1x\0\0\0"
    assert with_frame(block, b"vwxyz", options=False).body == head + b"vwxyz\0\0\0"
    secret = secrets_block(b"line\n", order)
    assert secret.kind == DECRYPTION_SECRETS
    assert secret.octets.endswith(b"line\n\0\0\0" + struct.pack(order + "I", len(secret.octets)))

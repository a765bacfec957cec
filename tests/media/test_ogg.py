# SPDX-License-Identifier: GPL-2.0-only
"""Ogg pages, their checksums held against those that ffmpeg writes."""

from __future__ import annotations

import io
import struct
from typing import NamedTuple

import pytest

from perc_scapy.media.ogg import PRE_SKIP, OggOpusWriter, checksum
from tests.media.ffmpeg import encoded


class Page(NamedTuple):
    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes
    body: bytes


def pages(data: bytes) -> list[Page]:
    found, at = [], 0
    while at < len(data):
        magic, version, *numbers, crc, count = struct.unpack_from("<4sBBqIIIB", data, at)
        lacing = data[at + 27 : at + 27 + count]
        end = at + 27 + count + sum(lacing)
        assert (magic, version) == (b"OggS", 0)
        assert checksum(data[at : at + 22] + bytes(4) + data[at + 26 : end]) == crc
        found.append(Page(*numbers, lacing, data[at + 27 + count : end]))
        at = end
    return found


def written(lengths: list[int], **options: object) -> list[Page]:
    stream = io.BytesIO()
    writer = OggOpusWriter(stream, serial=0x1DEADBEEF, **options)
    for length in lengths:
        writer.packet(b"x" * length, 960)
    writer.close()
    return pages(stream.getvalue())


@pytest.mark.tool("ffmpeg")
def test_the_checksum_is_that_of_other_writers() -> None:
    assert len(pages(encoded("opus").read_bytes())) >= 3


def test_headers_stand_alone_and_the_last_page_says_so() -> None:
    head, tags, *rest = written([100] * 120, channels=2, title="A → B")
    assert (head.flags, head.granule, tags.flags, tags.granule) == (2, 0, 0, 0)
    assert head.body == b"OpusHead" + struct.pack("<BBHIhB", 1, 2, PRE_SKIP, 48000, 0, 0)
    assert tags.body.startswith(b"OpusTags")
    assert "TITLE=A → B".encode() in tags.body
    assert [page.flags for page in rest] == [0, 0, 4]
    assert [page.granule for page in rest] == [48000, 96000, 115200]
    assert [page.number for page in (head, tags, *rest)] == [0, 1, 2, 3, 4]
    assert {page.serial for page in rest} == {0xDEADBEEF}


@pytest.mark.parametrize("length", [0, 1, 254, 255, 256, 510, 1275, 61_440])
def test_packets_of_any_length_are_cut_into_segments(length: int) -> None:
    *_, page = written([length])
    assert sum(page.lacing) == length
    assert page.lacing[-1] < 255
    assert set(page.lacing[:-1]) <= {255}


def test_a_page_holds_at_most_255_segments() -> None:
    found = written([1275] * 60)
    assert all(len(page.lacing) <= 255 for page in found)
    assert sum(len(page.body) for page in found[2:]) == 60 * 1275


def test_an_empty_stream_has_its_headers_and_an_end() -> None:
    assert [page.flags for page in written([])] == [2, 0, 4]

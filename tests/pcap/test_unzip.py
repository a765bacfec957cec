# SPDX-License-Identifier: GPL-2.0-only
"""gzip streams: whole, in several members, cut, damaged."""

from __future__ import annotations

import gzip
import io
import random

import pytest

from perc_scapy.pcap.frames import CaptureDamaged, Source
from perc_scapy.pcap.unzip import Unzipped

DATA = random.Random(5).randbytes(3000) + bytes(200_000) + random.Random(6).randbytes(3000)


def unzip(packed: bytes, size: int = 4096) -> tuple[bytes, str]:
    """(what came out, the damage)"""
    stream, out = Unzipped(Source(io.BytesIO(packed))), b""
    try:
        while part := stream.read(size):
            out += part
    except CaptureDamaged as damage:
        return out, damage.what
    return out, ""


@pytest.mark.parametrize("size", [1, 100, 4096, 1 << 20])
def test_a_whole_file(size: int) -> None:
    data = DATA[:3500] if size == 1 else DATA
    assert unzip(gzip.compress(data), size) == (data, "")


def test_members_follow_one_another() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(DATA)
    assert unzip(packed) == (b"one " + DATA, "")


@pytest.mark.parametrize("tail", [b"\0" * 512, b"\x1f", b"garbage", b"\0"])
def test_what_follows_the_last_member_is_left_out(tail: bytes) -> None:
    assert unzip(gzip.compress(DATA) + tail) == (DATA, "")


def test_a_cut_gives_what_stood_before() -> None:
    packed = gzip.compress(DATA)
    lengths = set()
    for cut in range(20, len(packed), 97):
        out, damage = unzip(packed[:cut])
        assert (DATA[: len(out)], damage) == (out, "gzip data cut short")
        lengths.add(len(out))
    assert max(lengths) > 200_000


def test_damage_gives_what_stood_before() -> None:
    packed = bytearray(gzip.compress(DATA))
    packed[-8] ^= 1  # the checksum
    assert unzip(bytes(packed)) == (DATA, "gzip data damaged")
    middle = bytearray(gzip.compress(DATA[:3000]) + b"\x1f\x8b\xff\xff" + bytes(99))
    assert unzip(bytes(middle)) == (DATA[:3000], "gzip data damaged")


def test_no_octets_raise_anything_else() -> None:
    dice = random.Random(9)
    packed = gzip.compress(DATA)
    for _ in range(60):
        broken = bytearray(packed)
        broken[dice.randrange(2, len(broken))] ^= 1 << dice.randrange(8)
        out, damage = unzip(bytes(broken), 1 << 16)
        assert damage or out == DATA  # a header's time or name may change unseen

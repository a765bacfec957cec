# SPDX-License-Identifier: GPL-2.0-only
"""Whole captures: nothing known is found in the output, and with the keys kept apart everything still opens."""

from __future__ import annotations

import io
import random
import struct
from dataclasses import replace
from ipaddress import ip_address

import pytest

from perc_scapy.capture.analysis import analyse
from perc_scapy.crypto.fingerprint import fingerprint
from perc_scapy.keys.anonymous.capture import CaptureNames
from perc_scapy.keys.anonymous.frames import FrameNames
from perc_scapy.keys.blocks import Block
from perc_scapy.keys.secrets import without_secrets
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.pcapng import PcapngWriter, block, option
from tests.capture import samples
from tests.capture.handmade import HandmadeConference, k
from tests.capture.webrtc import RTP_PAIR, A, B, Call, rtcp, rtp
from tests.dtls.pairs import identity
from tests.keys.files import blocks, frames, reader, written


def anonymous(data: bytes, seed: bytes = bytes(32)) -> bytes:
    names = CaptureNames(seed)
    names.learn(frames(data))
    return written(list(names.anonymous(without_secrets(blocks(data)))))


def names_in(certificate: bytes) -> list[bytes]:
    """Octets of a certificate that tell whose it is."""
    return [certificate[-40:-8], certificate[15:27]]


@pytest.mark.parametrize("mtu", [1200, 250])
def test_a_conference_without_names_still_opens_with_its_keys(mtu: int) -> None:
    talk = HandmadeConference(mtu=mtu)
    for name in "AB":
        talk.join(name, k(1))
    for n in range(10):
        talk.say("A", b"%d" % n)
    data = talk.pcapng()
    new = anonymous(data)
    for line in talk.lines:
        for part in line.split()[2:]:
            assert part.encode() not in new
            assert bytes.fromhex(part) not in new
    for person in ("A", "B", "mdd", "kmf"):
        certificate = identity(person).certificate
        assert mtu < 1200 or certificate in data  # else it is in pieces
        assert not [octets for octets in names_in(certificate) if octets in new]
    before = analyse(reader(data))
    after = analyse(reader(new), talk.keylog())
    assert [m.opened.plain for m in after.media] == [m.opened.plain for m in before.media]
    assert all(m.opened.plain for m in after.media)
    assert len(after.tunnels[0].messages) == len(before.tunnels[0].messages)
    assert len(anonymous(data)) == len(new)


def test_a_call_with_everything_around_it() -> None:
    call = Call()
    call.check(A, B, "alicefrag:bobfrag")
    call.handshake()
    sent = [call.send(rtp(1)), call.report(rtcp())]
    call.seen(*RTP_PAIR, b"\0\0\x84\0alice.local")  # mDNS, or anything
    stream = io.BytesIO()
    stream.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
                       + option(2, b"laptop of alice") + option(3, b"her system") + bytes(4)))  # fmt: skip
    stream.write(block(1, struct.pack("<HHI", 101, 0, 0) + option(2, b"wlan-alice") + option(9, b"\x09")
                       + option(15, b"alice hardware") + bytes(4)))  # fmt: skip
    for d in call.trace:
        time = round(d.time * 1e9)
        frame = ip_udp(d.src, d.dst, d.data)
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
        comment = bytes(-len(frame) % 4) + option(1, b"alice speaks") + bytes(4)
        stream.write(block(6, head + frame + comment))
    stream.write(block(4, b"\1\0\x0a\0\xc0\0\2\x0aalice" + bytes(5)))  # name resolution
    stream.write(block(0x0BAD, b"custom alice"))
    stream.write(block(5, struct.pack("<III", 0, 0, 0) + option(1, b"alice was here") + bytes(4)))
    data = stream.getvalue()
    new = anonymous(data)
    for word in (b"alice", b"bob", b"her system", b"custom"):
        assert word in data
        assert word not in new
    for end in (A, B, *RTP_PAIR):
        assert ip_address(end.host).packed not in new
    after = analyse(reader(new), call.keylog())
    assert [m.opened.plain for m in after.media] == sent
    assert [f.time_ns for f in frames(new)] == [f.time_ns for f in frames(data)]
    (association,) = after.associations
    assert fingerprint(identity("client").certificate) not in repr(association)
    first, second = {d.src.host for d in after.datagrams[:2]}
    assert {first, second} == {"198.18.0.1", "198.18.0.2"}


def test_another_seed_gives_other_names() -> None:
    call = Call()
    call.check(A, B, "alicefrag:bobfrag")
    assert anonymous(call.pcapng()) == anonymous(call.pcapng())
    assert anonymous(call.pcapng()) != anonymous(call.pcapng(), b"\1" * 32)


@pytest.mark.parametrize("name", samples.ALL)
def test_every_format_and_byte_order(name: str) -> None:
    data = samples.ALL[name]
    before, after = frames(data), frames(anonymous(data))
    assert [(f.time_ns, f.length, f.link_type) for f in before] == [
        (f.time_ns, f.length, f.link_type) for f in after
    ]


def test_blocks_of_other_kinds_and_broken_ones_are_left_out() -> None:
    stream = io.BytesIO()
    PcapngWriter(stream)
    good = blocks(stream.getvalue())
    strange = [Block(6, "<", b"alice"), Block(99, "<", b"alice"), Block(1, "<", b"al")]
    assert b"al" not in written(list(CaptureNames(bytes(32)).anonymous([*good, *strange])))


def test_broken_frames_keep_their_length() -> None:
    talk, dice = HandmadeConference(mtu=300), random.Random(4)
    talk.join("A", k(1))
    talk.say("A", b"x")
    whole = frames(talk.pcapng())
    for _ in range(30):
        names = FrameNames(bytes(32))
        broken = [replace(frame, data=_mutated(frame.data, dice)) for frame in whole]
        dice.shuffle(broken)
        for frame in broken:
            names.learn(frame)
        for frame in broken:
            assert len(names.anonymous(frame)) == len(frame.data)


def _mutated(data: bytes, dice: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(dice.randrange(4)):
        out[dice.randrange(len(out))] = dice.randrange(256)
    return bytes(out[: dice.randrange(len(out)) + 1] if dice.random() < 0.2 else out)

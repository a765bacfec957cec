# SPDX-License-Identifier: GPL-2.0-only
"""Octets that nobody sends: the script says what is wrong with them and has no error of its own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import open_capture
from tests.project.tree import ROOT
from tests.wireshark.samples import GOOD, Pdu, write
from tests.wireshark.tshark import with_script

pytestmark = pytest.mark.tool("tshark")
GOLDEN = ROOT / "captures" / "session-setup-2"
HEADERS = 28
"""Octets of IPv4 and UDP: those stay, so that the packets go where they belong."""


def mutated(data: bytes, chance: random.Random, keep: int = 0) -> bytes:
    """One to four changes: octets changed, cut off, put in, repeated, or set to what breaks lengths."""
    octets = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(min(keep, len(octets)), len(octets))
        match chance.randrange(5):
            case 0 if at < len(octets):
                octets[at] = chance.randrange(256)
            case 1:
                del octets[at:]
            case 2:
                octets[at:at] = chance.randbytes(chance.randint(1, 9))
            case 3:
                octets[at:at] = octets[at : at + chance.randint(1, 40)]
            case _:
                octets[at : at + 2] = chance.choice((b"\0\0", b"\xff\xff", b"\x7f\xff", b"\0\1"))
    return bytes(octets)


@pytest.mark.parametrize(
    "preferences", [(), ("-o", "perc.ekt:always", "-o", "perc.show_keys:TRUE")], ids=len
)
def test_mutated_messages(tmp_path: Path, preferences: tuple[str, ...]) -> None:
    chance = random.Random(20)
    pdus = [Pdu(p.dissector, mutated(p.data, chance)) for p in GOOD for _ in range(25)]
    pdus += [Pdu(p.dissector, p.data[:size]) for p in GOOD[:8] for size in range(len(p.data))]
    assert len(pdus) > 700
    path = write(tmp_path / "mutated.pcapng", pdus)
    told = with_script(path, "-V", "-T", "text", *preferences)
    assert told.count("\nFrame ") + 1 == len(pdus)
    assert "announces" in told
    assert "octets left over" in told


def test_mutated_packets_of_a_whole_conference(tmp_path: Path) -> None:
    """Every packet several times, changed, between the good ones: state that they leave must not matter."""
    chance = random.Random(21)
    with open_capture(GOLDEN / "trace.pcapng") as reader:
        frames = list(reader)
    path = tmp_path / "conference.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for frame in frames:
            for data in (*(changed(frame, chance) for _ in range(4)), frame.data):
                writer.packet(frame.time_ns, data)
    told = with_script(path, "-V", keys=GOLDEN / "secrets.keylog")
    assert told.count("\nFrame ") + 1 == 5 * len(frames)
    assert "PERC tunnel message" in told
    assert "EKT full field" in told


def changed(frame: Frame, chance: random.Random) -> bytes:
    """The frame with other octets behind its headers, whose lengths fit again."""
    data = bytearray(mutated(frame.data, chance, HEADERS))
    data[2:4] = len(data).to_bytes(2, "big")
    data[24:26] = (len(data) - 20).to_bytes(2, "big")
    return bytes(data)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """Malformed messages one by one, and what a reader finds in the packet details."""
    empty = GOOD[2].data
    key_information = GOOD[1].data
    cases = {
        empty + b"!": "1 octets left over",
        b"\2" + empty[1:]: "version_major: value 2 is not among 1",
        empty[:-3] + b"\xff\xff\0": "dtls_message: announces 65535 octets, 1 left",
        empty[:34] + b"\3\0\0": "type 3 has no defined body",
        key_information[:36] + b"\7" + key_information[37:]: None,
        key_information[:36] + b"\x0a" + key_information[37:]: "profile 0x000a needs 32",
        GOOD[3].data[:1] + b"\0\x04" + GOOD[3].data[3:]: "announces 2 octets, 1 left",
        GOOD[7].data[:9] + b"\0" + GOOD[7].data[10:]: "association_id is not a version 4 UUID",
    }
    path = write(tmp_path / "wrong.pcapng", [Pdu("perc_tunnel", data) for data in cases])
    told = with_script(path, "-V").split("\nFrame ")
    for text, expected in zip(told, cases.values(), strict=True):
        if expected is not None:
            assert expected in text, text

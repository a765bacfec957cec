# SPDX-License-Identifier: GPL-2.0-only
"""A conference in clear: payloads are those that were spoken, and tshark finds streams without a fault."""

from __future__ import annotations

import io
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from scapy.layers.l2 import Dot1Q, Ether

from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.streaming import StreamedCapture
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import Address, Datagram, datagrams
from perc_scapy.pcap.pcapng import LINKTYPE_RAW
from perc_scapy.pcap.reader import CaptureReader
from perc_scapy.plain.capture import PlainCapture
from perc_scapy.plain.layers import ABOUT, NO_INNER, REPEAT
from perc_scapy.wire import split_rtp
from tests.plain.talks import Recorded, conference

VLAN = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Dot1Q(vlan=9, type=0x0800))
VLAN6 = VLAN[:-2] + b"\x86\xdd"


@pytest.fixture(scope="module")
def talk() -> Recorded:
    return conference("a", "b", "c")


def decrypt(data: bytes, folder: Path, layer="both", keys: Keyring | None = None):
    """(the new file, its writer)"""
    path = folder / "in.pcapng"
    path.write_bytes(data)
    stream = io.BytesIO()
    with StreamedCapture(path, keys) as capture:
        plain = PlainCapture(stream, layer, capture.interfaces)
        for packet in capture:
            if packet.media is not None:
                plain.add(packet.frame, packet.media)
        plain.finish()
    return stream.getvalue(), plain


def read(data: bytes) -> tuple[list[Frame], list[Datagram]]:
    reader = CaptureReader(io.BytesIO(data))
    frames = list(reader)
    assert reader.damage is None
    return frames, list(datagrams(frames))


def is_rtp(datagram: Datagram) -> bool:
    return not 192 <= datagram.data[1] <= 223


def test_every_hop_says_what_was_spoken(talk: Recorded, tmp_path: Path) -> None:
    """Each payload once into the MDD and once to each of the two others, with the addresses and times of that hop."""
    data, plain = decrypt(talk.pcapng(), tmp_path)
    frames, found = read(data)
    heard = Counter(split_rtp(d.data).body for d in found if is_rtp(d))
    assert heard == {spoken.payload: 3 for spoken in talk.spoken}
    assert len(talk.spoken) == 36
    assert plain.written == {"rtp": 108, "rtcp": len(found) - 108}
    assert not plain.left_out
    assert plain.ciphertexts == 0
    seen = {(time, src, dst) for time, src, dst, _ in talk.frames}
    assert all((f.time_ns, d.src, d.dst) in seen for f, d in zip(frames, found, strict=True))
    assert {f.link_type for f in frames} == {LINKTYPE_RAW}


@pytest.mark.tool("tshark")
@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_tshark_finds_the_streams_without_a_fault(ipv6: bool, tmp_path: Path) -> None:
    talk = conference("a", "b", ipv6=ipv6)
    front = VLAN6 if ipv6 else VLAN
    data, _ = decrypt(talk.pcapng(link_type=1, front=lambda ip: front + ip), tmp_path)
    out = tmp_path / "out.pcapng"
    out.write_bytes(data)
    ports = {d.src.port for d in read(data)[1]} | {d.dst.port for d in read(data)[1]}
    decode = [part for port in ports for part in ("-d", f"udp.port=={port},rtp")]
    checks = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    table = ["tshark", "-r", out, *decode, *checks]
    streams = run(*table, "-q", "-z", "rtp,streams").splitlines()[2:-1]
    assert len(streams) == 4  # two into the MDD, two out of it
    for row in streams:
        fields = row.split()
        assert fields[7:11] == ["g711U", "12", "0", "(0.0%)"]
        assert fields[-1] != "X"
    names = ["vlan.id", "udp.checksum.status", "_ws.malformed", "rtp.payload", "ip.checksum.status"]
    rows = run(*table, "-Y", "rtp", "-T", "fields", *(p for n in names for p in ("-e", n)))
    cells = [row.split("\t") for row in rows.splitlines()]
    assert len(cells) == 48
    assert {cell[0] for cell in cells} == {"9"}
    assert {cell[1] for cell in cells} == {"1"}  # good
    assert {cell[2] for cell in cells} == {""}
    assert {cell[4] for cell in cells} == ({""} if ipv6 else {"1"})
    assert {bytes.fromhex(cell[3]) for cell in cells} == {s.payload for s in talk.spoken}


def run(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True)
    return done.stdout


def test_what_the_mdd_sees(talk: Recorded, tmp_path: Path) -> None:
    """Ciphertext and tag of the inner layer: the same octets on every hop, sixteen more than were spoken."""
    data, plain = decrypt(talk.pcapng(), tmp_path, "outer")
    found = [d for d in read(data)[1] if is_rtp(d)]
    assert ABOUT["outer"].encode() in data
    assert plain.written["rtp"] == len(found) == 108
    bodies = Counter(split_rtp(d.data).body for d in found)
    assert set(bodies.values()) == {3}
    assert {len(body) for body in bodies} == {160 + 16}
    assert plain.ciphertexts == 108
    assert not any(spoken.payload in data for spoken in talk.spoken)


def test_the_tunnels_secret_alone_opens_the_outer_layer(talk: Recorded, tmp_path: Path) -> None:
    """An MDD's key log has the tunnel and nothing of the endpoints: nothing to write with both layers off."""
    tunnel_only = Keyring()
    tunnel_only.add_text(talk.conference.keylog[0].encode())
    assert len(tunnel_only.keylog) == 1
    sealed = talk.pcapng(secrets=False)
    plain = decrypt(sealed, tmp_path, "both", tunnel_only)[1]
    assert plain.nothing_opened
    assert plain.left_out == {NO_INNER: 108}
    assert decrypt(sealed, tmp_path, "outer", tunnel_only)[1].written["rtp"] == 108


def test_reasons_are_bounded(tmp_path: Path) -> None:
    plain = PlainCapture(io.BytesIO(), "both")
    for n in range(300):
        opened = OpenedMedia(problem=f"reason {n}")
        datagram = Datagram(1, 0.0, Address("1.2.3.4", 5), Address("5.6.7.8", 9), bytes(40))
        plain.add(Frame(1, 0, 101, b"", 0), MediaPacket(datagram, "rtp", None, True, opened))
    assert len(plain.left_out) == 101
    assert plain.left_out["other reasons"] == 200


def test_repeats_are_written_once(talk: Recorded, tmp_path: Path) -> None:
    twice = Recorded(members=("a", "b"))
    for name in ("a", "b"):
        twice.join(name)
    twice.talk(3)
    twice.frames += twice.frames[-6:]
    _, plain = decrypt(twice.pcapng(), tmp_path)
    assert plain.left_out[REPEAT] >= 1


def test_interfaces_keep_their_names(talk: Recorded, tmp_path: Path) -> None:
    reader = CaptureReader(io.BytesIO(decrypt(talk.pcapng(), tmp_path)[0]))
    list(reader)
    assert [i.name for i in reader.interfaces] == ["eth7"]


def test_a_file_with_nothing_in_it_is_a_capture(tmp_path: Path) -> None:
    data, plain = decrypt(Recorded().pcapng(), tmp_path)
    assert read(data) == ([], [])
    assert not plain.written

# SPDX-License-Identifier: GPL-2.0-only
"""IP fragments cut by Scapy, in any order, with pieces missing, repeated, overlapping."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, fragment6

from perc_scapy.pcap import fragments as module
from perc_scapy.pcap.fragments import Reassembler
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.ip import Fragment, IpPart
from perc_scapy.pcap.packets import PayloadReader, datagrams

BODY = bytes(range(256)) * 12
SECOND = 1_000_000_000


def pieces4(ident: int = 7, size: int = 600) -> list[bytes]:
    packet = IP(src="1.2.3.4", dst="5.6.7.8", id=ident) / UDP(sport=1, dport=2) / BODY
    return [bytes(piece) for piece in fragment(IP(bytes(packet)), size)]


def pieces6(ident: int = 7) -> list[bytes]:
    head = IPv6(src="::1", dst="::2") / IPv6ExtHdrHopByHop() / IPv6ExtHdrFragment(id=ident)
    return [bytes(piece) for piece in fragment6(head / UDP(sport=1, dport=2) / BODY, 700)]


def frames(packets: list[bytes]) -> list[Frame]:
    return [Frame(n, n * 1000, 101, data, len(data)) for n, data in enumerate(packets, 1)]


@pytest.mark.parametrize("pieces", [pieces4(), pieces6()], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("seed", range(8))
def test_any_order(pieces: list[bytes], seed: int) -> None:
    shuffled = pieces[:]
    random.Random(seed).shuffle(shuffled)
    (found,) = datagrams(frames(shuffled))
    assert found.data == BODY
    assert (found.src.port, found.dst.port, found.missing) == (1, 2, 0)
    assert found.number == len(pieces)
    assert sorted(found.numbers) == list(range(1, len(pieces) + 1))


@pytest.mark.parametrize("pieces", [pieces4(), pieces6()], ids=["IPv4", "IPv6"])
def test_one_missing_gives_nothing_and_one_repeated_changes_nothing(pieces: list[bytes]) -> None:
    for gone in range(len(pieces)):
        assert not list(datagrams(frames(pieces[:gone] + pieces[gone + 1 :])))
        assert [d.data for d in datagrams(frames([pieces[gone], *pieces]))] == [BODY]


def test_packets_under_way_at_once_are_kept_apart() -> None:
    mixed = [
        piece for pair in zip(pieces4(1), pieces4(2), pieces6(), strict=False) for piece in pair
    ]
    rest = pieces4(1)[len(pieces6()) :] + pieces4(2)[len(pieces6()) :]
    assert [d.data for d in datagrams(frames(mixed + rest))] == [BODY] * 3


def part(offset: int, data: bytes, more: bool, size: int = 4, key: bytes = b"k") -> IpPart:
    return IpPart(bytes(size), bytes(size), 17, data, 0, Fragment((key,), offset, more))


def test_ipv4_keeps_what_came_first() -> None:
    table = Reassembler()
    assert table.add(1, 0, part(0, b"a" * 16, True)) is None
    assert table.add(2, 0, part(32, b"d" * 8, False)) is None
    whole = table.add(3, 0, part(8, b"b" * 32, True))
    assert whole is not None
    assert whole.part.body == b"a" * 16 + b"b" * 16 + b"d" * 8
    assert whole.numbers == (1, 2, 3)


@pytest.mark.parametrize(("offset", "data"), [(8, b"x" * 16), (0, b"x" * 24), (0, b"b" * 16)])
def test_overlapping_fragments_of_ipv6_condemn_the_packet(offset: int, data: bytes) -> None:
    """RFC 8200 section 4.5: also the pieces that come later."""
    table = Reassembler()
    table.add(1, 0, part(0, b"a" * 16, True, 16))
    assert table.add(2, 0, part(offset, data, True, 16)) is None
    assert table.add(3, 0, part(16, b"c" * 8, False, 16)) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (part(8, b"z" * 8, False), part(16, b"y" * 8, True)),  # beyond the end
        (part(16, b"z" * 8, False), part(8, b"y" * 4, False)),  # two ends
        (part(16, b"z" * 8, True), part(8, b"y" * 4, False)),  # an end before what there is
        (part(65528, b"z" * 8, True), part(0, b"y" * 8, True)),  # longer than any packet
    ],
)
def test_contradictions_are_given_up(first: IpPart, second: IpPart) -> None:
    table = Reassembler()
    for n, piece in enumerate((first, second, part(0, b"a" * 16, True), part(0, b"a" * 8, True))):
        assert table.add(n, 0, piece) is None


def test_a_piece_cut_by_the_snapshot_length_completes_nothing() -> None:
    pieces = pieces4()
    pieces[1] = pieces[1][:-10]
    assert not list(datagrams(frames(pieces)))


def test_time_out_by_capture_time() -> None:
    first, *rest = pieces4()
    late = frames([first, *rest])
    for frame in late[1:]:
        frame.time_ns += 61 * SECOND
    reader = PayloadReader()
    assert not any(reader.read(frame) for frame in late)
    assert reader.fragments.given_up == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PACKETS", 3)
    table = Reassembler()
    for n in range(9):
        table.add(n, 0, part(0, b"a" * 8, True, key=b"%d" % n))
    assert table.given_up == 6
    monkeypatch.setattr(module, "MAX_OCTETS", 20)
    table.add(9, 0, part(0, b"a" * 8, True, key=b"9"))
    assert table.given_up == 8
    assert table.add(10, 0, part(8, b"b", False, key=b"9")) is not None


PIECE = st.tuples(st.integers(0, 9), st.integers(1, 5), st.booleans(), st.sampled_from((4, 16)))


@given(st.lists(PIECE, max_size=30))
def test_any_mess_is_either_whole_or_nothing(plan: list[tuple[int, int, bool, int]]) -> None:
    table = Reassembler()
    for number, (offset, length, more, size) in enumerate(plan):
        whole = table.add(number, 0, part(offset * 8, b"o" * length * 8, more, size))
        assert whole is None or whole.part.body == b"o" * len(whole.part.body)
    assert table._octets == sum(p.octets for p in table._partial.values()) >= 0
